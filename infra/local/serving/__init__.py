"""What the stand-ins in Python share: serving HTTP, living and ending, and failing to order."""

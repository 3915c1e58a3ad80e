"""The local stack's mail server: takes mail as Exchange Online does, and shows what arrived."""

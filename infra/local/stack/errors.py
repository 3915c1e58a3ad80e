"""What can go wrong with the local stack, each in words for the person who started it."""


class StackError(Exception):
    """The stack cannot start or go on; the message says what to do."""


class PortTakenError(StackError):
    """Another program listens where a component should."""


class AlreadyRunningError(StackError):
    """Another stack works on the same data folder."""


class NotRunningError(StackError):
    """Nothing runs on this data folder."""


class ComponentFailedError(StackError):
    """A component ended, or did not come up in time."""

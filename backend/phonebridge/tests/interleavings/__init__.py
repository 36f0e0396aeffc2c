"""Random interleavings of phones, people, time and crashes against the real services, consumers and database.

`machine.py` draws what happens next, `ledger.py` holds what must be true after every step. Everything runs in one
process, as docs/protocol says: a crash of the server drops all that follows a commit and builds the consumers anew,
a step of the clock moves the rows into the past.
"""

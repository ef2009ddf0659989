"""Names and numbers that the data and the cases agree on."""

CLIENT = "bench"
REDIRECT = "http://127.0.0.1:9/callback"
MAILS, DOCUMENTS, BATCH = 5_000, 100_000, 5_000
READER, CLERK = "nhanvien", "vanthu"  # has the mailbox; reads the register

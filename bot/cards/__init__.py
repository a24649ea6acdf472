"""What is shown, for every platform: records in, Card out. Every sentence that people read stands here or in rules."""

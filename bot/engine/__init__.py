"""What moves by itself: runs, the publisher, the look at the clock. Commands only change records; this acts on them."""

"""Speed and memory, as ratios against a peer or a bare baseline in the same run. Never in timed tests."""

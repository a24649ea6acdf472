"""The places where people are: each in a folder of its own, none importing another."""

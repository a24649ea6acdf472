"""The verbs: one file a family, one typed function a command. Start at `registry`, then `dispatch`."""

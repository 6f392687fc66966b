"""What if something else had been said, heard or seen: edits of a dialogue and of the features taken from it."""

"""The review: a panel of readers, and the mean of what they say."""

"""The use cases without a screen: one file per noun, the same services as the screens."""

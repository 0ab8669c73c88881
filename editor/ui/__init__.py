"""The page: the only place that knows Gradio; it reaches everything through `Editor`."""

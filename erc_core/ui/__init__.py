"""The dashboard's parts: the only folder of the package that knows Streamlit."""

#!/bin/sh
# Starts the app: says what is missing, fetches the face models where they can be had, then becomes the server.
# The server's address and port: STREAMLIT_SERVER_ADDRESS, STREAMLIT_SERVER_PORT. All other settings: ERC_*.
set -eu
cd "$(dirname "$0")/.."
PYTHON="${PYTHON:-python3}"
"$PYTHON" -m erc_core doctor
"$PYTHON" -m erc_core setup || echo "The face models could not be had: faces are found without landmarks." >&2
exec "$PYTHON" -m streamlit run app.py

"""Who is signed in: by OpenID Connect where the server's secrets configure it, nobody elsewhere.

Streamlit speaks with the provider (its ``[auth]`` secrets, see deploy/README.md). A person is the provider's issuer and
subject, which never change; names and addresses may, so nothing hangs on them, and the store keeps neither.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from erc_core.escape import markdown


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in: the owner of their clips in the store, and what to call them."""

    owner: str
    name: str


@cache
def can_sign_in() -> bool:
    """Tell whether this server's secrets configure a provider."""
    try:
        return "auth" in st.secrets
    except StreamlitSecretNotFoundError:
        return False


def person() -> Person | None:
    """Return who is signed in here; None for nobody."""
    if not can_sign_in() or not st.user.get("is_logged_in"):
        return None
    claims = st.user.to_dict()
    subject = str(claims.get("sub") or "")
    if not subject:
        return None
    owner = hashlib.sha256(f"{claims.get('iss')}\n{subject}".encode()).hexdigest()[:32]
    name = next((str(claims[key]) for key in ("name", "preferred_username", "email") if claims.get(key)), subject)
    return Person(owner, name)


def draw_sign_in() -> None:
    """Draw the button that signs in or out; nothing where no provider is configured."""
    if not can_sign_in():
        return
    found = person()
    if found is None:
        st.button("Sign in", key="sign-in", type="tertiary", on_click=st.login)
    else:
        st.button(
            "Sign out", key="sign-out", type="tertiary", on_click=st.logout,
            help=f"Signed in as {markdown(found.name)}. Your clips are yours in every browser in which you sign in.",
        )  # fmt: skip

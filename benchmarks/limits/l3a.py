"""L3A: L3 with authentication: a JWT is decoded, and its user loaded by primary key."""

import os
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pwdlib import PasswordHash
from sqlalchemy import select

from benchmarks.limits.l3 import SessionDep, User, router

KEY = os.environ["JWT_SECRET_KEY"]
ALGORITHM = "HS256"

bearer = OAuth2PasswordBearer(tokenUrl="token")
passwords = PasswordHash.recommended()
app = FastAPI()


async def get_current_user(token: Annotated[str, Depends(bearer)], session: SessionDep) -> User:
    """Return the signed-in user."""
    try:
        claims = jwt.decode(token, KEY, algorithms=[ALGORITHM])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401) from error
    user = await session.get(User, UUID(claims["sub"]))
    if user is None or not user.is_active:
        raise HTTPException(401)
    return user


@app.get("/health")
async def health() -> dict[str, str]:
    """Report that the service runs, without the database."""
    return {"status": "ok"}


@app.post("/token")
async def login(form: Annotated[OAuth2PasswordRequestForm, Depends()], session: SessionDep) -> dict[str, str]:
    """Exchange an e-mail and a password for a token."""
    user = await session.scalar(select(User).where(User.email == form.username))
    if user is None or not passwords.verify(form.password, user.password_hash):
        raise HTTPException(401)
    claims = {"sub": str(user.id), "exp": datetime.now(UTC) + timedelta(hours=1)}
    return {"access_token": jwt.encode(claims, KEY, ALGORITHM), "token_type": "bearer"}


app.include_router(router, dependencies=[Depends(get_current_user)])

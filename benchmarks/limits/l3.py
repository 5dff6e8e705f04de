"""L3: FastAPI and SQLAlchemy, one session for each request, without authentication."""

import os
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import DateTime, func, make_url, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg"))
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    """The declarative base."""

    type_annotation_map: ClassVar = {datetime: DateTime(timezone=True)}


class User(Base):
    """The table of users, as created by the generated project's migrations."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    password_hash: Mapped[str]
    full_name: Mapped[str]
    role: Mapped[str]
    is_active: Mapped[bool]
    email_verified_at: Mapped[datetime | None]
    picture: Mapped[str | None]
    created_at: Mapped[datetime]
    # The application's clock: the response has the written value, without a second query or RETURNING.
    updated_at: Mapped[datetime] = mapped_column(onupdate=lambda: datetime.now(UTC))
    deleted_at: Mapped[datetime | None]


class UserUpdate(BaseModel):
    """Changes to a user."""

    full_name: str


class UserResponse(BaseModel):
    """A user, with the fields of the generated project's response."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    created_at: datetime
    updated_at: datetime
    email: str
    full_name: str
    role: str
    is_active: bool
    email_verified_at: datetime | None
    picture: str | None


class UserListResponse(BaseModel):
    """The newest users, with the total."""

    items: list[UserResponse]
    total: int


async def get_session() -> AsyncGenerator[AsyncSession]:
    """Yield one session for each request."""
    async with sessions() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]
router = APIRouter()


@router.get("/users", response_model=UserListResponse)
async def list_users(session: SessionDep, limit: int = 20, offset: int = 0) -> object:
    """List the newest users with the total."""
    found = select(User).where(User.deleted_at.is_(None))
    total = await session.scalar(select(func.count()).select_from(found.subquery()))
    page = found.order_by(User.created_at.desc()).limit(limit).offset(offset)
    return {"items": (await session.scalars(page)).all(), "total": total}


@router.get("/users/{user_id}", response_model=UserResponse)
async def get_user(user_id: UUID, session: SessionDep) -> User:
    """Get a user."""
    user = await session.get(User, user_id)
    if user is None:
        raise HTTPException(404)
    return user


@router.patch("/users/{user_id}", response_model=UserResponse)
async def update_user(user_id: UUID, data: UserUpdate, session: SessionDep) -> User:
    """Update a user's name."""
    user = await get_user(user_id, session)
    user.full_name = data.full_name
    await session.commit()
    return user


app = FastAPI()
app.include_router(router)

"""Calls of the bookings example with a generated client: `bookings.py URL EMAIL PASSWORD` prints the outcomes."""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from client_py import AuthenticatedClient, Client
from client_py.api.auth import login
from client_py.api.bookings import (
    confirm_booking,
    create_booking,
    get_booking_tags,
    list_bookings,
    list_bookings_of_room,
    set_booking_tags,
)
from client_py.api.rooms import create_room
from client_py.api.tags import create_tag
from client_py.api.venues import create_venue, list_venues
from client_py.models import (
    BookingCreate,
    BookingListResponse,
    BookingResponse,
    BookingStatus,
    BookingTags,
    BookingTagsResponse,
    ErrorResponse,
    ListBookingsOfRoomSortBy,
    LoginForm,
    RoomCreate,
    RoomResponse,
    SortOrder,
    TagCreate,
    TagResponse,
    TokenResponse,
    VenueCreate,
    VenueListResponse,
    VenueResponse,
)
from client_py.types import UNSET, Unset

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
VENUE = "The Python Library"


def sign_in(url: str, email: str, password: str) -> AuthenticatedClient:
    """Return a client that is signed in."""
    tokens = login.sync(client=Client(base_url=url), body=LoginForm(username=email, password=password))
    assert isinstance(tokens, TokenResponse), tokens
    return AuthenticatedClient(base_url=url, token=tokens.access_token)


def add_room(client: AuthenticatedClient) -> UUID:
    """Create a room in a venue; return its id."""
    venue = create_venue.sync(client=client, body=VenueCreate(VENUE))
    assert isinstance(venue, VenueResponse), venue
    room = create_room.sync(client=client, body=RoomCreate("Reading room", seats=12, venue_id=venue.id))
    assert isinstance(room, RoomResponse), room
    return room.id


def book(client: AuthenticatedClient, room: UUID, hours: int, key: str) -> BookingResponse | ErrorResponse | None:
    """Book a room for an hour, so many hours after noon."""
    starts_at = NOON + hours * HOUR
    body = BookingCreate(room_id=room, starts_at=starts_at, ends_at=starts_at + HOUR, note=None)
    return create_booking.sync(client=client, body=body, idempotency_key=key)


def booked(made: object) -> BookingResponse:
    """Return a response that is a booking."""
    assert isinstance(made, BookingResponse), made
    return made


def status_of(response: object) -> int:
    """Return the status of a response that is an error."""
    assert isinstance(response, ErrorResponse), response
    return response.status


def hours(client: AuthenticatedClient, room: UUID) -> list[list[int]]:
    """Return the hours of the bookings of a room in pages of two, by cursor."""
    pages: list[list[int]] = []
    cursor: str | Unset | None = UNSET
    while cursor is not None:
        page = list_bookings_of_room.sync(
            room,
            client=client,
            cursor=cursor,
            limit=2,
            sort_by=ListBookingsOfRoomSortBy.STARTS_AT,
            sort_order=SortOrder.ASC,
            starts_at_gte=NOON,
        )
        assert isinstance(page, BookingListResponse), page
        pages.append([(each.starts_at - NOON) // HOUR for each in page.items])
        cursor = page.next_cursor
    return pages


def tagged(client: AuthenticatedClient, booking: BookingResponse) -> bool:
    """Set a tag of a booking; return whether the booking has it."""
    tag = create_tag.sync(client=client, body=TagCreate("quiet in Python"))
    assert isinstance(tag, TagResponse), tag
    set_booking_tags.sync(booking.id, client=client, body=BookingTags([tag.id]))
    tags = get_booking_tags.sync(booking.id, client=client)
    return isinstance(tags, BookingTagsResponse) and tags.tag_ids == [tag.id]


def confirmed(client: AuthenticatedClient, room: UUID) -> list[str]:
    """Return the statuses of the confirmed bookings of a room."""
    page = list_bookings.sync(client=client, status=BookingStatus.CONFIRMED, room_id=room)
    assert isinstance(page, BookingListResponse), page
    return [booking.status.value for booking in page.items]


def outcomes(url: str, email: str, password: str) -> dict[str, Any]:
    """Call the service; return the outcomes."""
    client = sign_in(url, email, password)
    room = add_room(client)
    made = [booked(book(client, room, hour, f"py-{hour}")) for hour in (2, 0, 1)]
    venues = list_venues.sync(client=Client(base_url=url), name=VENUE)
    return {
        "repeated": booked(book(client, room, 2, "py-2")).id == made[0].id,
        "taken": status_of(book(client, room, 2, "py-other")),
        "hours": hours(client, room),
        "price": made[0].price,
        "confirmed": booked(confirm_booking.sync(made[0].id, client=client)).status.value,
        "confirmed again": status_of(confirm_booking.sync(made[0].id, client=client)),
        "all confirmed": confirmed(client, room),
        "tagged": tagged(client, made[1]),
        "venues for anyone": isinstance(venues, VenueListResponse) and len(venues.items),
    }


if __name__ == "__main__":
    print(json.dumps(outcomes(*sys.argv[1:])))

// Calls of the bookings example with a generated client: `node bookings.js URL EMAIL PASSWORD` prints the outcomes.

import {
  confirmBooking,
  createBooking,
  createRoom,
  createTag,
  createVenue,
  getBookingTags,
  listBookings,
  listBookingsOfRoom,
  listVenues,
  login,
  setBookingTags,
} from './client-ts';
import type { BookingCreate, BookingListResponse, BookingStatus, ErrorResponse } from './client-ts';
import { createClient } from './client-ts/client';
import { client } from './client-ts/client.gen';

declare const process: { argv: string[]; exitCode: number };

const [, , baseUrl = '', username = '', password = ''] = process.argv;
const NOON = Date.UTC(2030, 0, 31, 12);
const HOUR = 3_600_000;
const VENUE = 'The TypeScript Library';
// Without it, an error is returned.
const throwOnError = true;

/** Return the status of a response that must be an error. */
function statusOf({ error }: { error: ErrorResponse | undefined }): number {
  if (error === undefined) {
    throw new Error('The call succeeded');
  }
  return error.status;
}

/** Create a room in a venue; return its id. */
async function addRoom(): Promise<string> {
  const { data: venue } = await createVenue({ body: { name: VENUE }, throwOnError });
  const { data: room } = await createRoom({
    body: { name: 'Reading room', seats: 12, venue_id: venue.id },
    throwOnError,
  });
  return room.id;
}

/** Return a request to book a room for an hour, so many hours after noon. */
function booking(room: string, hours: number, key: string) {
  const time = (hour: number) => new Date(NOON + hour * HOUR).toISOString();
  const body: BookingCreate = { room_id: room, starts_at: time(hours), ends_at: time(hours + 1), note: null };
  return { body, headers: { 'Idempotency-Key': key } };
}

/** Return the hours of the bookings of a room in pages of two, by cursor. */
async function hours(room_id: string): Promise<number[][]> {
  const pages: number[][] = [];
  const starts_at_gte = new Date(NOON).toISOString();
  let cursor: string | null = null;
  do {
    const query = { limit: 2, sort_by: 'starts_at', sort_order: 'asc', starts_at_gte } as const;
    const { data: page }: { data: BookingListResponse } = await listBookingsOfRoom({
      path: { room_id },
      query: { ...query, cursor },
      throwOnError,
    });
    pages.push(page.items.map((each) => (Date.parse(each.starts_at) - NOON) / HOUR));
    cursor = page.next_cursor;
  } while (cursor !== null);
  return pages;
}

/** Set a tag of a booking; return whether the booking has it. */
async function tagged(booking_id: string): Promise<boolean> {
  const { data: tag } = await createTag({ body: { name: 'quiet in TypeScript' }, throwOnError });
  await setBookingTags({ path: { booking_id }, body: { tag_ids: [tag.id] }, throwOnError });
  const { data: tags } = await getBookingTags({ path: { booking_id }, throwOnError });
  return tags.tag_ids.length === 1 && tags.tag_ids[0] === tag.id;
}

async function outcomes(): Promise<object> {
  const { data: tokens } = await login({ body: { username, password }, throwOnError });
  client.setConfig({ auth: tokens.access_token });
  const room = await addRoom();
  const { data: made } = await createBooking({ ...booking(room, 2, 'ts-2'), throwOnError });
  await createBooking({ ...booking(room, 0, 'ts-0'), throwOnError });
  const { data: second } = await createBooking({ ...booking(room, 1, 'ts-1'), throwOnError });
  const { data: repeated } = await createBooking({ ...booking(room, 2, 'ts-2'), throwOnError });
  const path = { booking_id: made.id };
  const { data: confirmed } = await confirmBooking({ path, throwOnError });
  const status: BookingStatus = 'confirmed';
  const { data: found } = await listBookings({ query: { status, room_id: room }, throwOnError });
  const { data: venues } = await listVenues({ client: createClient({ baseUrl }), query: { name: VENUE }, throwOnError });
  return {
    repeated: repeated.id === made.id,
    taken: statusOf(await createBooking(booking(room, 2, 'ts-other'))),
    hours: await hours(room),
    price: made.price,
    confirmed: confirmed.status,
    'confirmed again': statusOf(await confirmBooking({ path })),
    'all confirmed': found.items.map((each) => each.status),
    tagged: await tagged(second.id),
    'venues for anyone': venues.items.length,
  };
}

client.setConfig({ baseUrl });
outcomes().then(
  (found) => console.log(JSON.stringify(found)),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);

// Calls of the accounts' routes with a generated client: `node accounts.js URL EMAIL PASSWORD` prints the outcomes.

import {
  createUser,
  getMe,
  getMyPicture,
  getUser,
  listUsers,
  login,
  logout,
  refresh,
  setPicture,
  updateMe,
} from './client-ts';
import type { ErrorResponse, Role, UserCreate, UserListResponse } from './client-ts';
import { client } from './client-ts/client.gen';

declare const process: { argv: string[]; exitCode: number };

const [, , baseUrl = '', username = '', password = ''] = process.argv;
const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, ...Array<number>(100).fill(0)]);
// Without it, an error is returned.
const throwOnError = true;

/** Return the error of a response that must have one. */
function failure({ error }: { error: ErrorResponse | undefined }): ErrorResponse {
  if (error === undefined) {
    throw new Error('The call succeeded');
  }
  return error;
}

async function addUsers(): Promise<void> {
  const role: Role = 'moderator';
  for (const name of ['c', 'a', 'b']) {
    const email = `${name}@ts.example.com`;
    const body: UserCreate = { email, full_name: `Ada ${name}`, password: 'a quiet harbour', role };
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const { data: made } = await createUser({ body, headers, throwOnError });
    if (made.role !== role || Number.isNaN(Date.parse(made.created_at))) {
      throw new Error(JSON.stringify(made));
    }
  }
}

/** Return the e-mails of these users in pages of two, by cursor. */
async function addresses(): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | null = null;
  do {
    const query = { limit: 2, search: 'ts.example.com', sort_by: 'email', sort_order: 'asc' } as const;
    const page: UserListResponse = (await listUsers({ query: { ...query, cursor }, throwOnError })).data;
    pages.push(page.items.map((user) => user.email));
    cursor = page.next_cursor;
  } while (cursor !== null);
  return pages;
}

async function picture(): Promise<boolean> {
  await setPicture({ body: new Blob([PNG]), throwOnError });
  const { data } = await getMyPicture({ throwOnError });
  const found = new Uint8Array(await data.arrayBuffer());
  return found.length === PNG.length && found.every((byte, place) => byte === PNG[place]);
}

/** Return the statuses of two changes of one version of the account. */
async function rename(): Promise<(number | undefined)[]> {
  const headers = { 'If-Match': (await getMe({ throwOnError })).response.headers.get('ETag') };
  const first = await updateMe({ body: { full_name: 'Grace' }, headers });
  const second = await updateMe({ body: { full_name: 'Hopper' }, headers });
  return [first.response?.status, second.response?.status];
}

async function outcomes(): Promise<object> {
  const wrong = failure(await login({ body: { username, password: 'wrong' } }));
  const { data: first } = await login({ body: { username, password }, throwOnError });
  const { data: tokens } = await refresh({ body: { refresh_token: first.refresh_token }, throwOnError });
  client.setConfig({ auth: tokens.access_token });
  await addUsers();
  const invalid = failure(await createUser({ body: { email: 'nobody', full_name: 'Ada', password: 'short' } }));
  const path = { user_id: '00000000-0000-0000-0000-000000000000' };
  const { data: signedOut } = await logout({ body: { refresh_token: tokens.refresh_token }, throwOnError });
  return {
    'wrong password': [wrong.status, wrong.title, wrong.message],
    refreshed: tokens.token_type === 'bearer' && tokens.refresh_token !== first.refresh_token,
    pages: await addresses(),
    'invalid fields': invalid.errors?.map((each) => each.field).sort(),
    'no such user': failure(await getUser({ path })).status,
    'not a picture': failure(await setPicture({ body: new Blob(['a text of twelve bytes']) })).status,
    picture: await picture(),
    'changes of one version': await rename(),
    'signed out': signedOut.success,
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

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test from "ava";
import { adminToken } from "../../../src/adapters/files/admin-token.ts";
import { bootKey } from "../../../src/adapters/files/boot-key.ts";
import { announceApi, coordinatorId, seenLog } from "../../../src/adapters/files/data-folder.ts";
import { readCredentials } from "../../../src/adapters/nats/credentials-file.ts";
import { readKey } from "../../../src/adapters/nats/keys.ts";
import { Revocations } from "../../../src/adapters/nats/revocations.ts";
import { readPieces } from "../../../src/adapters/pki/listener-authority.ts";
import { IN_CLEAR } from "../../../src/disk/secret-files.ts";

const LIFE = { seconds: 60, now: () => 0 } as never;

/** What reads or writes a file of a data folder at a start, by the file's name. */
const STARTS: Readonly<Record<string, (folder: string) => Promise<unknown>>> = {
	"coordinator-id": coordinatorId,
	"log-origin": (folder) => seenLog(folder).hadOther("one"),
	"admin-token": (folder) => adminToken(folder),
	"api.json": (folder) => announceApi(folder, { url: "http://127.0.0.1" }),
	"keys/boot-token.key": (folder) => bootKey(folder, undefined),
	"keys/account.nk": (folder) => readKey(join(folder, "keys/account.nk"), "A", IN_CLEAR, true),
	"keys/system.creds": (folder) => readCredentials(join(folder, "keys/system.creds")),
	"nats/revocations.json": (folder) => Revocations.open(join(folder, "nats/revocations.json"), LIFE),
	"keys/authorities/listeners.pem": (folder) => readPieces(join(folder, "keys/authorities/listeners.pem"), IN_CLEAR),
};

for (const [name, begin] of Object.entries(STARTS))
	test(`a folder in place of ${name} is told with its place, what the file is for, and what to do`, async (t) => {
		const folder = ownFolder(t);
		mkdirSync(join(folder, name, "inside"), { recursive: true });
		const error = await t.throwsAsync(begin(folder));
		t.regex(error.message, new RegExp(`${join(folder, name)} cannot be (read|written): .*folder.*; `));
		t.notRegex(error.message, /EISDIR/);
	});

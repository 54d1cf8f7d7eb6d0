import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withDeadline } from "@rollcall/test-support/eventually";
import { ownFolder, type Scope } from "@rollcall/test-support/own-folder";
import test from "ava";
import { type CoordinatorOptions, launchCoordinator, showSecret, startCoordinator } from "../support/coordinator.ts";

/** Every file below a folder with what it holds; where a link leads is not, nor what goes while it is looked at. */
function filesBelow(folder: string): Map<string, Buffer> {
	const found = new Map<string, Buffer>();
	for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
		const file = join(entry.parentPath, entry.name);
		try {
			if (entry.isFile()) found.set(file, readFileSync(file));
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
		}
	}
	return found;
}

/** A new key in a file of its own, and the setting that names it. */
function keyFile(t: Scope, name = "fleet.key") {
	const file = join(ownFolder(t), name);
	writeFileSync(file, `${randomBytes(32).toString("base64")}\n`, { mode: 0o600 });
	return { file, secrets: { key: { file } } };
}

/** Starts a coordinator on a folder that was stopped, and gives what it said when it ended, with its exit code. */
async function refusal(t: Scope, dataFolder: string, options: CoordinatorOptions) {
	const before = filesBelow(dataFolder);
	const started = launchCoordinator(t, { ...options, dataFolder, natsPort: 0 });
	const { code } = await withDeadline("the end of a coordinator that must not start", started.exited, 60_000);
	const after = filesBelow(dataFolder);
	const changed = [...new Set([...before.keys(), ...after.keys()])]
		.filter((file) => !before.get(file)?.equals(after.get(file) ?? Buffer.alloc(0)))
		.map((file) => file.slice(dataFolder.length + 1))
		.filter((file) => !["coordinator.yaml", "declared.yaml", "api.json"].includes(file));
	return { code, said: started.output(), changed };
}

const SECRET = /SUAG?[A-Z2-7]{40}|S[OAU]A[A-Z2-7]{50,}|PRIVATE KEY|"key":"[A-Za-z0-9+/]{43}="|rc_[A-Za-z0-9_-]{40}/;

test("with a key every secret of a folder that lay in clear is sealed, the log too, and the fleet goes on", async (t) => {
	const clear = await startCoordinator(t);
	const { dataFolder, token } = clear;
	await clear.call("POST", "/v1/tokens", { scope: "enroll", labels: { seen: "somebody-of-before" } });
	const inClear = [...filesBelow(dataFolder)].filter(([, bytes]) => SECRET.test(bytes.toString("latin1")));
	t.true(inClear.length > 8, "the test sees secrets that lie in clear");
	const { secrets } = keyFile(t);
	const sealed = await clear.restart({ secrets });
	t.is(sealed.token, token);
	t.true((await sealed.events()).some((event) => event.type === "token-created"));
	t.regex(sealed.process.output(), /secrets that lay in clear are sealed now/);
	for (const [file, bytes] of filesBelow(dataFolder)) {
		t.notRegex(bytes.toString("latin1"), SECRET, file);
		t.false(bytes.includes("somebody-of-before"), `${file} holds an event in clear`);
	}
	// What nats-server reads in clear lies in RAM, for this user alone, and goes with the coordinator.
	const inRam = realpathSync(join(dataFolder, "nats/server.conf"));
	t.false(inRam.startsWith(dataFolder));
	for (const file of filesBelow(join(inRam, "..")).keys()) t.is(statSync(file).mode & 0o777, 0o600, file);
	t.is(statSync(join(inRam, "..")).mode & 0o777, 0o700);
	const again = await sealed.restart();
	t.true((await again.events()).some((event) => event.type === "token-created"));
	await again.stop();
	t.false(existsSync(inRam));
	for (const [file, bytes] of filesBelow(dataFolder)) t.notRegex(bytes.toString("latin1"), SECRET, file);
});

test("another key, no key, and a key that is lost end the start with 2, one sentence and nothing changed", async (t) => {
	const { file, secrets } = keyFile(t);
	const first = await startCoordinator(t, { secrets });
	const { dataFolder } = first;
	await first.stop();

	const wrong = await refusal(t, dataFolder, { secrets: keyFile(t, "other.key").secrets });
	t.is(wrong.code, 2);
	t.regex(wrong.said, /other\.key \(secrets\.key\) is not the key that .* was sealed with.*; nothing was changed\n/);
	t.deepEqual(wrong.changed, []);

	const none = await refusal(t, dataFolder, {});
	t.is(none.code, 2);
	t.regex(none.said, /sealed says that the secrets .* are sealed.*: name in secrets\.key.*; nothing was changed\n/);
	t.deepEqual(none.changed, []);

	const lost = await refusal(t, dataFolder, { secrets: { key: { file: `${file}.gone` } } });
	t.is(lost.code, 2);
	t.regex(lost.said, /there is no file .*fleet\.key\.gone \(secrets\.key\.file\): bring it back/);
	t.deepEqual(lost.changed, []);

	const back = await startCoordinator(t, { dataFolder, secrets });
	t.is(back.token, first.token);
});

test("the key may be a credential of the unit or a passphrase, and what is sealed can be shown with it", async (t) => {
	const credentials = ownFolder(t);
	writeFileSync(join(credentials, "fleet-key"), randomBytes(48).toString("base64"), { mode: 0o400 });
	const environment = { CREDENTIALS_DIRECTORY: credentials };
	const first = await startCoordinator(t, { secrets: { key: { credential: "fleet-key" } }, environment });
	t.regex(await showSecret(first.dataFolder, "keys/coordinator.creds", environment), /BEGIN NATS USER JWT/);
	await first.stop();
	const without = await refusal(t, first.dataFolder, { secrets: { key: { credential: "fleet-key" } } });
	t.is(without.code, 2);
	t.regex(without.said, /put LoadCredentialEncrypted=fleet-key:FILE into the unit/);

	const passphraseFile = join(ownFolder(t), "passphrase");
	writeFileSync(passphraseFile, "correct horse battery staple\n", { mode: 0o600 });
	const second = await startCoordinator(t, { secrets: { key: { passphraseFile } } });
	const again = await second.restart();
	t.is(again.token, second.token);
	await again.stop();
	writeFileSync(passphraseFile, "wrong horse battery staple\n");
	const wrong = await refusal(t, second.dataFolder, { secrets: { key: { passphraseFile } } });
	t.is(wrong.code, 2);
	t.regex(wrong.said, /is not the key/);
});

test("another key takes the place of the one before, which opens nothing any more", async (t) => {
	const [before, after] = [keyFile(t, "before.key").secrets, keyFile(t, "after.key").secrets];
	const first = await startCoordinator(t, { secrets: before });
	const both = await first.restart({ secrets: { ...after, previousKey: before.key } });
	t.is(both.token, first.token);
	t.regex(both.process.output(), /nothing is sealed with secrets\.previousKey any more/);
	const alone = await both.restart({ secrets: after });
	t.is(alone.token, first.token);
	await alone.stop();
	t.is((await refusal(t, first.dataFolder, { secrets: before })).code, 2);
});

test("a key in the data folder is refused, and one that others can read", async (t) => {
	const dataFolder = ownFolder(t);
	const beside = join(dataFolder, "fleet.key");
	writeFileSync(beside, randomBytes(32).toString("base64"), { mode: 0o600 });
	const inside = await refusal(t, dataFolder, { secrets: { key: { file: beside } } });
	t.is(inside.code, 2);
	t.regex(inside.said, /beside what it seals: keep it outside of/);
	const open = join(ownFolder(t), "open.key");
	writeFileSync(open, randomBytes(32).toString("base64"), { mode: 0o644 });
	const readable = await refusal(t, dataFolder, { secrets: { key: { file: open } } });
	t.is(readable.code, 2);
	t.regex(readable.said, /others can read the secret file .*open\.key: chmod 600/);
});

test("a sealed file that was put in another's place, damaged, or lost with the log's key stops the start", async (t) => {
	const { secrets } = keyFile(t);
	const first = await startCoordinator(t, { secrets });
	const { dataFolder } = first;
	await first.stop();
	const account = join(dataFolder, "keys/account.nk");
	const kept = readFileSync(account);
	writeFileSync(account, readFileSync(join(dataFolder, "keys/system.nk")));
	const swapped = await refusal(t, dataFolder, { secrets });
	t.is(swapped.code, 2);
	t.regex(swapped.said, /does not open .*keys\/account\.nk.*restore the file from a backup/);
	writeFileSync(account, kept.subarray(0, -1));
	t.is((await refusal(t, dataFolder, { secrets })).code, 2);
	writeFileSync(account, kept);

	const logKey = join(dataFolder, "keys/log.key");
	const keptKey = readFileSync(logKey);
	rmSync(logKey);
	const lost = await refusal(t, dataFolder, { secrets });
	t.is(lost.code, 2);
	t.regex(lost.said, /log\.key is missing, and opens .*: restore it from a backup/);
	writeFileSync(logKey, keptKey, { mode: 0o600 });
	const back = await startCoordinator(t, { dataFolder, secrets });
	t.is(back.token, first.token);
});

test("a file in clear that somebody puts into a sealed folder is not taken, with the marker or without it", async (t) => {
	const { secrets } = keyFile(t);
	const first = await startCoordinator(t, { secrets });
	const { dataFolder } = first;
	await first.stop();
	const [token, marker] = [join(dataFolder, "admin-token"), join(dataFolder, "sealed")];
	const kept = readFileSync(marker);
	writeFileSync(token, `rc_${"A".repeat(43)}\n`, { mode: 0o600 });
	for (const before of [() => {}, () => rmSync(marker)]) {
		before();
		const planted = await refusal(t, dataFolder, { secrets });
		t.is(planted.code, 2);
		t.regex(planted.said, /admin-token lies in clear among sealed secrets, .*: restore the sealed one/);
		t.deepEqual(planted.changed, []);
	}
	writeFileSync(marker, kept, { mode: 0o600 });
	rmSync(token);
	const back = await startCoordinator(t, { dataFolder, secrets });
	t.not(back.token, first.token, "one that was removed is made anew");
});

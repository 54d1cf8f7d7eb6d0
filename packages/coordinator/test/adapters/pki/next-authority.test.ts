import { X509Certificate } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import type { Authority } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test, { type ExecutionContext } from "ava";
import { openListenerAuthority } from "../../../src/adapters/pki/listener-authority.ts";
import { type OwnTls, openOwnTls } from "../../../src/adapters/pki/own-tls.ts";

interface Scene {
	readonly folder: string;
	readonly told: string[];
}

const scene = (t: ExecutionContext): Scene => ({ folder: ownFolder(t), told: [] });
const authorityFolder = ({ folder }: Scene): string => join(folder, "authorities");
const next = (of: Scene): string => join(authorityFolder(of), "listeners-next.pem");

async function open(t: ExecutionContext, of: Scene, folder = "tls"): Promise<OwnTls> {
	const tls = await openOwnTls(
		{ authorityFolder: authorityFolder(of), names: ["localhost"] },
		{ folder: join(of.folder, folder), now: () => Date.now(), tell: (text) => void of.told.push(text) },
	);
	t.teardown(() => tls.close());
	return tls;
}

/** What the log says in each step. */
function said(tls: OwnTls, step: "prepare" | "sign" | "finish"): () => Authority {
	const [old, fresh = old] = tls.known();
	if (!old || !fresh) throw new Error("there is no authority");
	const authority = {
		signing: (step === "prepare" ? old : fresh).fingerprint,
		certificates: step === "finish" ? [fresh] : [old, fresh],
	};
	return () => authority;
}

/** Whether a client that believes these authorities alone believes what is shown. */
async function believes(t: ExecutionContext, tls: OwnTls, ca: string): Promise<boolean> {
	const { certificate, key } = tls.current();
	const server = createServer({ cert: certificate, key }, (socket) => socket.end());
	server.on("tlsClientError", () => {});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	t.teardown(() => void server.close());
	const { port } = server.address() as { port: number };
	return new Promise((resolve) => {
		const socket = connect({ host: "127.0.0.1", port, servername: "localhost", ca }, () => {
			resolve(true);
			socket.destroy();
		});
		socket.once("error", () => resolve(false));
	});
}

test("while the authority changes, who believes the old one alone, the new one alone or both is let in; then only who believes the new one", async (t) => {
	const of = scene(t);
	const tls = await open(t, of);
	const old = tls.authority() ?? "";
	await tls.prepare();
	await tls.follow(said(tls, "prepare"));
	const both = tls.authority() ?? "";
	const fresh = tls.known()[1]?.pem ?? "";
	t.is(both, old + fresh);
	t.is(readFileSync(join(of.folder, "tls/authority.crt"), "utf8"), both);
	t.deepEqual(
		[await believes(t, tls, old), await believes(t, tls, fresh), await believes(t, tls, both)],
		[true, false, true],
	);
	await tls.follow(said(tls, "sign"));
	t.deepEqual(
		[await believes(t, tls, old), await believes(t, tls, fresh), await believes(t, tls, both)],
		[true, true, true],
	);
	t.is(tls.authority(), both);
	await tls.follow(said(tls, "finish"));
	t.deepEqual(
		[await believes(t, tls, old), await believes(t, tls, fresh), await believes(t, tls, both)],
		[false, true, true],
	);
	t.is(tls.authority(), fresh);
	t.deepEqual(readdirSync(authorityFolder(of)), ["listeners.pem"]);
	t.is((await openListenerAuthority(authorityFolder(of))).certificate, fresh);
});

test("a restart shows what was shown before, in each step, before the log is read", async (t) => {
	const of = scene(t);
	const tls = await open(t, of);
	await tls.prepare();
	for (const step of ["prepare", "sign", "finish"] as const) {
		await tls.follow(said(tls, step));
		tls.close();
		const again = await open(t, of);
		t.deepEqual(again.current(), tls.current(), step);
		t.is(again.authority(), tls.authority(), step);
	}
});

test("coordinators that share the folder have one next authority, and one follows what the other was told", async (t) => {
	const of = scene(t);
	const [one, other] = [await open(t, of), await open(t, of, "other")];
	const made = await Promise.all([one.prepare(), other.prepare(), one.prepare()]);
	t.is(new Set(made.map(([, second]) => second?.pem)).size, 1);
	t.is(statSync(next(of)).mode & 0o777, 0o600);
	const third = await open(t, of, "third");
	await Promise.all([one.follow(said(one, "sign")), third.follow(said(one, "sign"))]);
	const fresh = one.known()[1]?.pem ?? "";
	t.true(await believes(t, third, fresh));
	const finish = said(one, "finish");
	await Promise.all([one, other, third].map((tls) => tls.follow(finish)));
	for (const tls of [one, other, third]) {
		t.is(tls.authority(), fresh);
		t.true(await believes(t, tls, fresh));
	}
});

for (const [words, damage] of [
	["cut short", (text: string) => text.slice(0, 300)],
	["empty", () => ""],
	["without who introduces it", (text: string) => text.slice(0, text.lastIndexOf("-----BEGIN"))],
] as const)
	test(`a file of the next authority that is ${words} keeps nobody from starting, is told, and is made anew`, async (t) => {
		const of = scene(t);
		const before = await open(t, of);
		await before.prepare();
		before.close();
		writeFileSync(next(of), damage(readFileSync(next(of), "utf8")));
		const tls = await open(t, of);
		t.regex(of.told.join("\n"), /listeners-next\.pem cannot be used: .*made anew with the next/);
		t.deepEqual(tls.current(), before.current());
		t.is(tls.authority(), before.known()[0]?.pem);
		await tls.prepare();
		await tls.follow(said(tls, "sign"));
		t.true(await believes(t, tls, before.known()[0]?.pem ?? ""));
	});

test("a file of the next authority that was damaged under a coordinator takes nobody's place: the first one stays, and it goes on with what is put back", async (t) => {
	const of = scene(t);
	const tls = await open(t, of);
	await tls.prepare();
	await tls.follow(said(tls, "sign"));
	const [first, good] = [join(authorityFolder(of), "listeners.pem"), readFileSync(next(of), "utf8")];
	const [before, shown] = [readFileSync(first, "utf8"), tls.current()];
	const finish = said(tls, "finish");
	writeFileSync(next(of), good.slice(0, 100));
	await tls.follow(finish);
	t.is(readFileSync(first, "utf8"), before);
	t.deepEqual(tls.current(), shown);
	t.regex(of.told.join("\n"), /listeners-next\.pem does not hold the authority sha256:.*restore it from a backup/);
	writeFileSync(next(of), good);
	await tls.look();
	t.deepEqual(readdirSync(authorityFolder(of)), ["listeners.pem"]);
	t.true(good.startsWith(readFileSync(first, "utf8")));
});

test("a coordinator that was ended while it forgot the old authority has the new one alone", async (t) => {
	const of = scene(t);
	const before = await open(t, of);
	await before.prepare();
	await before.follow(said(before, "sign"));
	before.close();
	const pieces = readFileSync(next(of), "utf8").match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----\n/g) ?? [];
	writeFileSync(join(authorityFolder(of), "listeners.pem"), pieces.slice(0, 2).join(""));
	const tls = await open(t, of);
	t.is(tls.authority(), before.known()[1]?.pem);
	t.true(await believes(t, tls, tls.authority() ?? ""));
	t.deepEqual(readdirSync(authorityFolder(of)), ["listeners.pem"]);
});

test("a coordinator that has no key of who signs shows what it has, says so, and goes on when the key is there", async (t) => {
	const [of, elsewhere] = [scene(t), scene(t)];
	const tls = await open(t, of);
	writeFileSync(join(elsewhere.folder, "x"), "");
	const copied = { ...elsewhere };
	await open(t, copied);
	writeFileSync(
		join(authorityFolder(copied), "listeners.pem"),
		readFileSync(join(authorityFolder(of), "listeners.pem"), "utf8"),
	);
	const leader = await open(t, copied);
	await leader.prepare();
	await tls.follow(said(leader, "sign"));
	t.regex(of.told.join("\n"), /is not in .*share/);
	const fresh = leader.known()[1]?.pem ?? "";
	t.is(tls.authority(), `${leader.known()[0]?.pem}${fresh}`);
	writeFileSync(next(of), readFileSync(next(copied), "utf8"));
	await eventually("the key is found", () =>
		new X509Certificate(tls.current().certificate).verify(new X509Certificate(fresh).publicKey),
	);
});

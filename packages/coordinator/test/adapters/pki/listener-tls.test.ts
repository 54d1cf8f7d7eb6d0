import { X509Certificate } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test, { type ExecutionContext } from "ava";
import { openListenerAuthority } from "../../../src/adapters/pki/listener-authority.ts";
import { issuePair } from "../../../src/adapters/pki/listener-pair.ts";
import { type ListenerTls, openGivenTls } from "../../../src/adapters/pki/listener-tls.ts";
import { openOwnTls } from "../../../src/adapters/pki/own-tls.ts";

interface Scene {
	readonly folder: string;
	readonly authorityFolder: string;
	readonly told: string[];
	/** What the clock says, in milliseconds since 1970. */
	now: number;
}

function scene(t: ExecutionContext): Scene {
	const folder = ownFolder(t);
	return { folder, authorityFolder: join(folder, "authorities"), told: [], now: Date.now() };
}

async function own(t: ExecutionContext, of: Scene, wish: { names?: string[]; lifeSeconds?: number } = {}) {
	const tls = await openOwnTls({ authorityFolder: of.authorityFolder, names: ["localhost"], ...wish }, parts(of));
	t.teardown(() => tls.close());
	return tls;
}

const parts = (of: Scene) => ({
	folder: join(of.folder, "tls"),
	now: () => of.now,
	tell: (text: string) => void of.told.push(text),
});

const leaf = (tls: ListenerTls) => new X509Certificate(tls.current().certificate);

test("an own certificate is for the names that were wished, by one authority, and its key is for its owner alone", async (t) => {
	const of = scene(t);
	const tls = await own(t, of, { names: ["coordinator.example.org", "192.0.2.1", "2001:db8::1"] });
	const authority = new X509Certificate(tls.authority() ?? "");
	t.true(leaf(tls).verify(authority.publicKey));
	t.true(authority.ca);
	t.is(leaf(tls).checkHost("coordinator.example.org"), "coordinator.example.org");
	t.is(leaf(tls).checkIP("192.0.2.1"), "192.0.2.1");
	t.is(leaf(tls).checkIP("2001:db8::1"), "2001:db8::1");
	t.is(leaf(tls).checkIP("192.0.2.2"), undefined);
	for (const file of [tls.keyFile, tls.certificateFile, join(of.authorityFolder, "listeners.pem")])
		t.is(statSync(file).mode & 0o777, 0o600, file);
	t.is(readFileSync(join(of.folder, "tls/authority.crt"), "utf8"), tls.authority() ?? "");
});

test("a restart keeps certificate and authority; another name brings another certificate by the same authority", async (t) => {
	const of = scene(t);
	const first = await own(t, of);
	t.deepEqual((await own(t, of)).current(), first.current());
	const renamed = await own(t, of, { names: ["localhost", "192.0.2.9"] });
	t.not(renamed.current().certificate, first.current().certificate);
	t.is(renamed.authority(), first.authority());
});

test("coordinators that make the authority at the same moment have the same one", async (t) => {
	const { authorityFolder } = scene(t);
	const made = await Promise.all(Array.from({ length: 8 }, () => openListenerAuthority(authorityFolder)));
	t.is(new Set(made.map(({ certificate }) => certificate)).size, 1);
});

test("without a life a certificate has no end, so that no wrong clock keeps a machine out", async (t) => {
	const { validFromDate, validToDate } = leaf(await own(t, scene(t)));
	t.is(validFromDate.getTime(), 0);
	t.is(validToDate.toISOString(), "9999-12-31T23:59:59.000Z");
});

test("a certificate with a life is replaced when a third of it is over, and when the clock was set back", async (t) => {
	const of = scene(t);
	const tls = await own(t, of, { lifeSeconds: 3_000 });
	const replaced: string[] = [];
	tls.onReplaced(({ certificate }) => replaced.push(certificate));
	of.now += 1_100_000;
	await eventually("the next one", () => replaced.length === 1);
	t.is(leaf(tls).validToDate.getTime(), Math.floor((of.now + 3_000_000) / 1000) * 1000);
	t.is(readFileSync(tls.certificateFile, "utf8"), replaced[0] ?? "");
	of.now -= 90 * 86_400_000;
	await eventually("one by the clock of now", () => replaced.length === 2);
	t.is(leaf(tls).validToDate.getTime(), Math.floor((of.now + 3_000_000) / 1000) * 1000);
});

async function given(of: Scene, lifeSeconds = 3_000) {
	const authority = await openListenerAuthority(of.authorityFolder);
	const pair = await issuePair(authority, { names: ["localhost"], lifeSeconds, now: of.now });
	const files = {
		certificateFile: join(of.folder, "fullchain.pem"),
		keyFile: join(of.folder, "privkey.pem"),
		authorityFile: join(of.folder, "ca.pem"),
	};
	writeFileSync(files.authorityFile, authority.certificate);
	const write = ({ certificate = pair.certificate, key = pair.key } = {}) => {
		writeFileSync(files.certificateFile, certificate);
		writeFileSync(files.keyFile, key);
	};
	write();
	const another = () => issuePair(authority, { names: ["localhost"], lifeSeconds, now: of.now });
	return { files, pair, write, another };
}

test("given files are read again when they change; half of a new pair is told, and not used", async (t) => {
	const of = scene(t);
	const { files, pair, write, another } = await given(of);
	const tls = await openGivenTls(files, parts(of));
	t.teardown(() => tls.close());
	t.is(tls.current().certificate, pair.certificate);
	const next = await another();
	write({ certificate: next.certificate });
	await eventually("what is wrong", () => /not that of the certificate/.test(of.told.join("\n")));
	t.is(tls.current().certificate, pair.certificate);
	write(next);
	await eventually("the next one", () => tls.current().certificate === next.certificate);
	t.is(readFileSync(tls.keyFile, "utf8"), next.key);
});

test("a given certificate that is over is told once, and the next one is taken", async (t) => {
	const of = scene(t);
	const { files, write, another } = await given(of);
	of.now += 4_000_000;
	const tls = await openGivenTls(files, parts(of));
	t.teardown(() => tls.close());
	t.regex(of.told.join("\n"), /fullchain\.pem ended on .*renew it/);
	const next = await another();
	write(next);
	await eventually("the next one", () => tls.current().certificate === next.certificate);
	t.is(of.told.filter((text) => /ended on/.test(text)).length, 1);
});

for (const [words, file, text, message] of [
	["no certificate", "certificateFile", "nothing", /fullchain\.pem.*give a certificate in PEM/],
	["no key", "keyFile", "nothing", /privkey\.pem.*without a passphrase/],
	["no authority", "authorityFile", "nothing", /ca\.pem holds no certificate/],
] as const)
	test(`given files with ${words} end the start, and the file is named`, async (t) => {
		const of = scene(t);
		const { files } = await given(of);
		writeFileSync(files[file], text);
		await t.throwsAsync(openGivenTls(files, parts(of)), { message });
	});

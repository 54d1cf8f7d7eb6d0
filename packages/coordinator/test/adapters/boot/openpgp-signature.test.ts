import { Readable } from "node:stream";
import test from "ava";
import {
	config,
	createMessage,
	enums,
	generateKey,
	PacketList,
	type PrivateKey,
	readKey,
	revokeKey,
	Signature,
	SignaturePacket,
	sign,
} from "openpgp";
import { isOpenPgp, openPgpFault, readRing, signedBy } from "../../../src/adapters/boot/openpgp-signature.ts";

const DAY_MS = 86_400_000;
const NOW = new Date("2026-06-01T00:00:00Z");
const ago = (days: number) => new Date(NOW.getTime() - days * DAY_MS);
const CONTENT = Buffer.from("a kernel".repeat(5000));

async function maker(options: { days?: number; subkey?: boolean } = {}): Promise<PrivateKey> {
	const { privateKey } = await generateKey({
		type: "ecc",
		curve: "ed25519Legacy",
		userIDs: [{ name: "Maker", email: "maker@example.org" }],
		date: ago(400),
		format: "object",
		...(options.days === undefined ? {} : { keyExpirationTime: options.days * 86_400 }),
		subkeys: options.subkey ? [{ sign: true }] : [],
	});
	return privateKey;
}

async function detached(key: PrivateKey, content: Buffer, date = ago(1)): Promise<Buffer> {
	const message = await createMessage({ binary: content });
	return Buffer.from(await sign({ message, signingKeys: key, detached: true, format: "binary", date }));
}

const publicOf = (key: PrivateKey) => Buffer.from(key.toPublic().write());

/** What the command and then the coordinator make of it; undefined where both are content. */
async function fault(signature: Buffer, ring: Uint8Array, content = CONTENT): Promise<string | undefined> {
	try {
		const signed = await signedBy(signature, await readRing(ring), NOW);
		return await openPgpFault(Readable.from([content.subarray(0, 100), content.subarray(100)]), signed, NOW);
	} catch (error) {
		return (error as Error).message;
	}
}

test("a signature over the content is taken, also by a subkey, and with keys and signatures armored and in a ring of many", async (t) => {
	const [one, two, other] = [await maker(), await maker({ subkey: true }), await maker()];
	const binary = Buffer.concat([one, two, other].map(publicOf));
	const armored = Buffer.from(`Some text.\n${one.toPublic().armor()}\nAnd more:\n${two.toPublic().armor()}\n`);
	for (const key of [one, two])
		for (const ring of [binary, armored]) {
			const signature = await detached(key, CONTENT);
			t.is(await fault(signature, ring), undefined);
			const signed = await signedBy(signature, await readRing(ring), NOW);
			t.is(await fault(Buffer.from(signed.signature), ring), undefined);
			t.true(isOpenPgp(signature) && isOpenPgp(Buffer.from(signed.publicKey)));
			t.true((await readKey({ armoredKey: signed.publicKey })).subkeys.length <= 1);
		}
	t.is((await readRing(binary)).length, 3);
	// A private key that was given by mistake is not sent anywhere.
	const [given] = await readRing(Buffer.from(one.write()));
	t.false(given?.isPrivate());
});

test("a signature over other content, by a key that was not given, cut off or of another kind is refused with the key's id", async (t) => {
	const [one, other] = [await maker(), await maker()];
	const ring = publicOf(one);
	const id = one.getKeyID().toHex().toUpperCase();
	const good = await detached(one, CONTENT);
	t.regex(
		(await fault(good, ring, Buffer.from("another kernel".repeat(1000)))) ?? "",
		new RegExp(`${id} is not of this content`),
	);
	t.regex((await fault(good, ring, Buffer.alloc(0))) ?? "", /is not of this content/);
	const unknown = other.getKeyID().toHex().toUpperCase();
	t.regex(
		(await fault(await detached(other, CONTENT), ring)) ?? "",
		new RegExp(`the key ${unknown}, which is none of those`),
	);
	for (const cut of [0, 1, 10, good.length - 1, good.length - 20])
		t.regex((await fault(good.subarray(0, cut), ring)) ?? "", /it is no whole OpenPGP signature/, `${cut}`);
	for (const odd of ["<html>not found</html>", one.toPublic().armor(), "\x89PNG", "-----BEGIN PGP SIGNATURE-----\n\n"])
		t.regex((await fault(Buffer.from(odd, "latin1"), ring)) ?? "", /it is no whole OpenPGP signature/, odd);
	t.regex(
		(await fault(
			Buffer.from(
				await sign({
					message: await createMessage({ text: "x" }),
					signingKeys: one,
					detached: true,
					format: "binary",
					date: ago(1),
				}),
			),
			ring,
		)) ?? "",
		/no signature over a file's bytes/,
	);
	for (const odd of [Buffer.alloc(0), Buffer.from("no key"), ring.subarray(0, ring.length - 30), good])
		t.regex((await fault(good, odd)) ?? "", /it holds no OpenPGP key|no whole ring/, odd.toString("latin1"));
	// One bit of the signature itself, and of the key.
	const flipped = Buffer.from(good);
	flipped[flipped.length - 5] = (flipped[flipped.length - 5] ?? 0) ^ 1;
	t.regex((await fault(flipped, ring)) ?? "", /is not of this content/);
});

test("a signature over nothing, which fits any content, is none over a file", async (t) => {
	const key = await maker();
	const packet = new SignaturePacket() as SignaturePacket & Record<string, unknown>;
	packet.signatureType = enums.signature.standalone;
	packet.publicKeyAlgorithm = key.keyPacket.algorithm;
	packet.hashAlgorithm = enums.hash.sha512;
	await (packet.sign as (...words: unknown[]) => Promise<void>)(key.keyPacket, {}, ago(1), false, config);
	const list = new PacketList<SignaturePacket>();
	list.push(packet);
	const signature = Buffer.from(new Signature(list).write() as Uint8Array);
	t.regex((await fault(signature, publicOf(key))) ?? "", /no signature over a file's bytes/);
});

test("a key that is revoked, or had expired when it signed, counts for nothing; one that expired since counts for what it signed", async (t) => {
	const key = await maker();
	const signature = await detached(key, CONTENT, ago(100));
	const { publicKey } = await revokeKey({ key, date: ago(1), format: "object" });
	const id = key.getKeyID().toHex().toUpperCase();
	t.is(await fault(signature, Buffer.from(publicKey.write())), `the key ${id} is revoked`);

	const short = await maker({ days: 350 });
	t.is(await fault(await detached(short, CONTENT, ago(100)), publicOf(short)), undefined);
	// The same key, as an older copy of it says.
	const old = await readKey({ binaryKey: publicOf(short) });
	const forged = await detached(await renewed(short), CONTENT, ago(10));
	t.regex((await fault(forged, Buffer.from(old.write()))) ?? "", /had expired when it signed, on 2026-05-22/);
	const renewedRing = publicOf(await renewed(short));
	t.is(await fault(forged, renewedRing), undefined);
	t.is(await fault(await detached(short, CONTENT, ago(100)), renewedRing), undefined, "signed before it was renewed");

	const ahead = await detached(key, CONTENT, new Date(NOW.getTime() + DAY_MS));
	t.regex((await fault(ahead, publicOf(key))) ?? "", /which is in the future: look at the clock/);
});

/** The same key with a later end, as its maker publishes it anew. */
async function renewed(key: PrivateKey): Promise<PrivateKey> {
	const { reformatKey } = await import("openpgp");
	const { privateKey } = await reformatKey({
		privateKey: key,
		userIDs: [{ name: "Maker", email: "maker@example.org" }],
		date: ago(40),
		keyExpirationTime: 0,
		format: "object",
	});
	return privateKey;
}

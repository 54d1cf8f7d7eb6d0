import test from "ava";
import { generateKey } from "openpgp";
import { pinnedKeys } from "../src/assets/pinned-keys.ts";
import type { ReleaseSource } from "../src/assets/release-source.ts";
import { Failure } from "../src/errors.ts";

const URL_OF_KEY = "https://maker.example/key.asc";
const key = async () => await generateKey({ type: "curve25519", userIDs: [{ name: "Maker" }], format: "object" });
const sourceWith = (text: string | undefined): ReleaseSource => ({
	bytes: async (url) => {
		if (text !== undefined && url === URL_OF_KEY) return Buffer.from(text);
		throw new Failure(`${url} cannot be fetched: it answered 404`);
	},
	async *files() {},
});

test("a maker's key is taken by its fingerprint, from wherever the files are; another one there is refused", async (t) => {
	const [maker, other] = [await key(), await key()];
	const fingerprint = maker.publicKey.getFingerprint().toUpperCase();
	const told: string[] = [];
	const taken = (text?: string, files = [{ makersKey: { url: URL_OF_KEY, fingerprint } }, {}]) =>
		pinnedKeys(files, sourceWith(text), (why) => told.push(why));
	const both = `${other.publicKey.armor()}\n${maker.publicKey.armor()}`;
	for (const text of [maker.publicKey.armor(), both]) {
		const keys = await taken(text);
		t.deepEqual(
			keys?.ring.map((one) => one.getFingerprint().toUpperCase()),
			[fingerprint],
		);
		t.is(keys?.from, URL_OF_KEY);
	}
	const refused = await t.throwsAsync(() => taken(other.publicKey.armor()));
	t.is(
		refused?.message,
		`${URL_OF_KEY} is not the maker's key ${fingerprint}: it is ${other.publicKey.getFingerprint().toUpperCase()}`,
	);
	t.regex((await t.throwsAsync(() => taken("no key")))?.message ?? "", /it holds no OpenPGP key/);
	t.deepEqual(told, []);
	t.is(await taken(undefined), undefined);
	t.deepEqual(told, [`the maker's key is not there: ${URL_OF_KEY} cannot be fetched: it answered 404`]);
	t.is(await taken(maker.publicKey.armor(), [{}] as never), undefined, "a maker whose key is not known");
});

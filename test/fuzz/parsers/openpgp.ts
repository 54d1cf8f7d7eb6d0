import { Readable } from "node:stream";
import { OpenPgpError, openPgpFault, type Ring, readRing, signedBy } from "@rollcall/coordinator/openpgp";
import { holds, type Outcome, type Parser, refused, TAKEN } from "../parser.ts";

const KEY = Buffer.from(
	"xiYEaVW5ABv/mWeYAHiov5qw9rjA5hZ3gSXWzhkeU1SOB+E4vVKakM0BTcLADwQTGwoAhQWCaVW5AAMLCQcJEAX2wwK8GTqyRRQAAAAAABwAIHNhbHRAbm90YXRpb25zLm9wZW5wZ3Bqcy5vcmcsmFuh4bMA8j6dk9RBDZ//wfRWMsT014C25xDUPCt7wgUVCggODAQWAAIBAhkBApsDAh4BFiEE6CAmI3xbmNHERYUOBfbDArwZOrIAACDyayKGymMS4ms5jH68sRv3GL/yWUUsU01ZZtx76aaneC6LIWHLRy27vM34Igw2SLK5D2cJM80SZy93jpmuWcGKBQ==",
	"base64",
);
const SIGNATURE = Buffer.from(
	"wrcEABsKAG0FgmlXCoAJEAX2wwK8GTqyRRQAAAAAABwAIHNhbHRAbm90YXRpb25zLm9wZW5wZ3Bqcy5vcmcLaD4ilZTDCw+hIeHaUs811ZWXPjVkjpNsMjaGHTc4RhYhBOggJiN8W5jRxEWFDgX2wwK8GTqyAAAfgLle9a5DwrjAX8L/sEoQpzB+2hRRtiROzJQnXCItpCG8/6ci/0V9znyfTTttkLBx9vI99ufS05Tha0zvBejLmAY=",
	"base64",
);
const AT = new Date("2026-06-01T00:00:00Z");
const armored = (kind: string, bytes: Buffer) =>
	Buffer.from(`-----BEGIN PGP ${kind}-----\n\n${bytes.toString("base64")}\n-----END PGP ${kind}-----\n`);

/** What the command reads of makers, each held against a good other half. */
export const OPENPGP_PARSERS: readonly Parser[] = [
	{
		name: "openpgp-ring",
		seeds: () => [KEY, Buffer.concat([KEY, KEY]), armored("PUBLIC KEY BLOCK", KEY)],
		feed: (bytes) => answered(async () => checked(SIGNATURE, await readRing(bytes))),
	},
	{
		name: "openpgp-signature",
		seeds: () => [SIGNATURE, Buffer.concat([SIGNATURE, SIGNATURE]), armored("SIGNATURE", SIGNATURE)],
		feed: (bytes) => answered(async () => checked(bytes, await readRing(KEY))),
	},
];

async function checked(signature: Uint8Array, ring: Ring): Promise<void> {
	const signed = await signedBy(signature, ring, AT);
	const other = await openPgpFault(Readable.from([Buffer.from("another")], { objectMode: false }), signed, AT);
	holds(other !== undefined, "a signature counts for content that nobody signed");
}

async function answered(read: () => Promise<void>): Promise<Outcome> {
	try {
		await read();
		return TAKEN;
	} catch (error) {
		if (!(error instanceof OpenPgpError)) throw error;
		return refused(error.message.replaceAll(/[0-9A-F]{16}/g, "KEY"));
	}
}

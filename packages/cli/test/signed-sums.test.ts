import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { createMessage, generateKey, type PrivateKey, sign } from "openpgp";
import { keysFolder, makersKeys } from "../src/assets/makers-keys.ts";
import { assetsFrom } from "../src/assets/sources.ts";
import { temporaryFolder } from "./support/cli.ts";

const maker = async (): Promise<PrivateKey> =>
	(await generateKey({ type: "curve25519", userIDs: [{ name: "Maker" }], format: "object" })).privateKey;
const NOBODY = { XDG_CONFIG_HOME: "/nowhere" };

/** A folder with files and their signed checksums, and the same as an archive. */
async function release(t: ExecutionContext, key: PrivateKey, sums: string) {
	const tree = await temporaryFolder(t);
	await mkdir(join(tree, "live"));
	await writeFile(join(tree, "live/vmlinuz"), "kernel");
	await writeFile(join(tree, "SHA256SUMS"), sums);
	const message = await createMessage({ binary: Buffer.from(sums) });
	await writeFile(join(tree, "SHA256SUMS.sign"), await sign({ message, signingKeys: key, detached: true }));
	return tree;
}

/** The names that come, or the first failure, from the folder and from an archive of it alike. */
async function brought(t: ExecutionContext, tree: string, keyring: string | undefined): Promise<string> {
	const archive = join(await temporaryFolder(t), "a.tar.gz");
	t.is(spawnSync("tar", ["-C", tree, "-czf", archive, "."]).status, 0);
	const told = new Set<string>();
	for (const path of [tree, archive]) {
		const lines: string[] = [];
		try {
			const keys = await makersKeys(keyring, NOBODY);
			const onUnchecked = (text: string) => void lines.push(text);
			for await (const file of assetsFrom(path, { prefix: "", keys, required: keyring !== undefined, onUnchecked })) {
				lines.push(file.name);
				for await (const _ of file.content);
			}
		} catch (error) {
			lines.push((error as Error).message);
		}
		told.add(lines.join("\n").replaceAll(path, "HERE"));
	}
	t.is(told.size, 1, [...told].join("\n--\n"));
	return [...told][0] ?? "";
}

test("checksums that a maker signed are held against its key, and say then all that may come", async (t) => {
	const [key, other] = [await maker(), await maker()];
	const ring = join(await temporaryFolder(t), "makers.asc");
	await writeFile(ring, key.toPublic().armor());
	const sums = `${createHash("sha256").update("kernel").digest("hex")}  live/vmlinuz\n`;
	const tree = await release(t, key, sums);
	t.is(await brought(t, tree, ring), "live/vmlinuz");
	t.regex(await brought(t, tree, undefined), /^HERE: SHA256SUMS\.sign was not checked.*--keyring\nlive\/vmlinuz$/);

	await writeFile(join(tree, "another"), "x");
	t.is((await brought(t, tree, ring)).split("\n")[0], "HERE: another is not in SHA256SUMS, which is signed");
	await rm(join(tree, "another"));
	// The list that was signed is of other names.
	const elsewhere = await release(t, key, sums.replace("live/vmlinuz", "live/initrd.img"));
	t.is(await brought(t, elsewhere, ring), "HERE: live/vmlinuz is not in SHA256SUMS, which is signed");
	t.regex(
		await brought(t, await release(t, other, sums), ring),
		/SHA256SUMS: its maker's signature SHA256SUMS\.sign does not count/,
	);
	await writeFile(join(tree, "SHA256SUMS"), `${sums}${"0".repeat(64)}  more\n`);
	t.regex(
		await brought(t, tree, ring),
		/HERE: SHA256SUMS: the signature with the key [0-9A-F]{16} is not of this content/,
	);
	await rm(join(tree, "SHA256SUMS.sign"));
	t.is(await brought(t, tree, ring), "HERE: there is no signature of SHA256SUMS");
	await rm(join(tree, "SHA256SUMS"));
	t.is(await brought(t, tree, ring), "HERE: there is no SHA256SUMS");
});

test("keys come from a file, a folder or the one beside the configuration, and one that is none is named", async (t) => {
	const home = await temporaryFolder(t);
	const env = { ROLLCALL_CONFIG: join(home, "config.json") };
	const folder = keysFolder(env);
	t.is(await makersKeys(undefined, env), undefined);
	await mkdir(folder);
	await t.throwsAsync(makersKeys(undefined, env), { message: `${folder}: no key of a maker is in it` });
	await writeFile(join(folder, "one.asc"), (await maker()).toPublic().armor());
	await writeFile(join(folder, "two.gpg"), (await maker()).toPublic().write() as Uint8Array);
	t.is((await makersKeys(undefined, env))?.ring.length, 2);
	t.is((await makersKeys(join(folder, "two.gpg"), env))?.ring.length, 1);
	await writeFile(join(folder, "three.asc"), "no key");
	await t.throwsAsync(makersKeys(undefined, env), { message: /three\.asc: it holds no OpenPGP key/ });
	await t.throwsAsync(makersKeys(join(folder, "none"), env), { message: /none: / });
});

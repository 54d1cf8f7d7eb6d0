import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdirSync, openSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { encodeOperator, encodeUser, fmtCreds } from "@nats-io/jwt";
import { createAccount, createOperator, createUser } from "@nats-io/nkeys";
import { withDeadline } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test, { type ExecutionContext } from "ava";
import { pino } from "pino";
import { z } from "zod";
import { openListenerAuthority } from "../../src/adapters/pki/listener-authority.ts";
import { issuePair } from "../../src/adapters/pki/listener-pair.ts";
import { CoordinatorConfig } from "../../src/config.ts";
import { startCoordinator } from "../../src/wiring/start.ts";

/** Folders, and a program that is copied as it is read and whose first bytes are looked at before. */
const NO_FILES = [
	...["dataFolder", "authorityFolder", "etcdSnapshotFolder", "registryAccountFolder", "manifests"],
	"boot.agent",
];

/** Every setting that names a file, with the least of a configuration in which that is read. */
const FILES: Readonly<Record<string, (endless: string, good: Good) => object>> = {
	document: (document) => ({ document }),
	"boot.document": (document) => ({ boot: { document } }),
	"boot.keyFile": (keyFile) => ({ boot: { keyFile } }),
	signingSeedFile: (signingSeedFile) => ({ signingSeedFile }),
	nextSigningSeedFile: (nextSigningSeedFile) => ({ nextSigningSeedFile }),
	"tls.certificateFile": (certificateFile, { keyFile }) => ({ tls: { certificateFile, keyFile } }),
	"tls.keyFile": (keyFile, { certificateFile }) => ({ tls: { certificateFile, keyFile } }),
	"tls.authorityFile": (authorityFile, { certificateFile, keyFile }) => ({
		tls: { certificateFile, keyFile, authorityFile },
	}),
	"tls.clientAuthorities.file": (file) => ({ tls: { clientAuthorities: { file, rights: RIGHTS } } }),
	"tls.clientAuthorities.revocations": (revocations, { authorityFile: file }) => ({
		tls: { clientAuthorities: { file, revocations, rights: RIGHTS } },
	}),
	"secrets.key.file": (file) => ({ secrets: { key: { file } } }),
	"secrets.key.passphraseFile": (passphraseFile) => ({ secrets: { key: { passphraseFile } } }),
	"secrets.previousKey.file": (file, { sealingKey }) => ({
		secrets: { key: { file: sealingKey }, previousKey: { file } },
	}),
	"secrets.previousKey.passphraseFile": (passphraseFile, { sealingKey }) => ({
		secrets: { key: { file: sealingKey }, previousKey: { passphraseFile } },
	}),
	"tpm.authorities": (authorities) => ({ tpm: { authorities } }),
	"nats.external.accountSeedFile": (accountSeedFile, { external }) => ({
		nats: { external: { ...external, accountSeedFile } },
	}),
	"nats.external.credentialsFile": (credentialsFile, { external }) => ({
		nats: { external: { ...external, credentialsFile } },
	}),
	"nats.external.authorityFile": (authorityFile, { external }) => ({
		nats: { external: { ...external, authorityFile } },
	}),
	"nats.external.systemCredentialsFile": (systemCredentialsFile, { external }) => ({
		nats: { external: { ...external, systemCredentialsFile } },
	}),
	"nats.external.operatorSeedFile": (operatorSeedFile, { external }) => ({
		nats: { external: { ...external, operatorSeedFile } },
	}),
};
const RIGHTS = [{ field: "O", value: "operators", scope: "viewer" }];

type Good = Awaited<ReturnType<typeof goodFiles>>;

/** Files that are as they should be. */
async function goodFiles(folder: string) {
	const put = (name: string, content: string): string => {
		const file = join(folder, name);
		writeFileSync(file, content, { mode: 0o600 });
		return file;
	};
	const authority = await openListenerAuthority(join(folder, "authority"));
	const { certificate, key } = await issuePair(authority, { names: ["localhost"], now: Date.now() });
	const [operator, account, user] = [createOperator(), createAccount(), createUser()];
	await encodeOperator("o", operator);
	const credentials = put("user.creds", new TextDecoder().decode(fmtCreds(await encodeUser("u", user, account), user)));
	const seed = (pair: { getSeed(): Uint8Array }): string => new TextDecoder().decode(pair.getSeed());
	return {
		certificateFile: put("server.crt", certificate),
		keyFile: put("server.key", key),
		authorityFile: put("authority.crt", authority.certificate),
		sealingKey: put("sealing.key", Buffer.alloc(32, 7).toString("base64")),
		external: {
			servers: ["nats://127.0.0.1:1"],
			accountSeedFile: put("account.nk", seed(account)),
			credentialsFile: credentials,
			systemCredentialsFile: credentials,
			operatorSeedFile: put("operator.nk", seed(operator)),
			waitSeconds: 1,
		},
	};
}

/** All settings that a file or folder is named in. */
function pathsIn(schema: z.core.JSONSchema._JSONSchema, at: readonly string[] = []): string[] {
	if (typeof schema === "boolean") return [];
	if (schema.type === "string" && schema.minLength === 1 && schema.maxLength === 1024) return [at.join(".")];
	const fields = Object.entries(schema.properties ?? {}).flatMap(([name, one]) => pathsIn(one, [...at, name]));
	return [...fields, ...(schema.anyOf ?? []).flatMap((one) => pathsIn(one, at))];
}

test("every setting that names a file is known here", (t) => {
	const schema = z.toJSONSchema(CoordinatorConfig, { io: "input", unrepresentable: "any" });
	const named = [...new Set(pathsIn(schema as z.core.JSONSchema._JSONSchema))].filter((one) => !NO_FILES.includes(one));
	t.deepEqual(named.sort(), Object.keys(FILES).sort());
});

/** A pipe that nobody writes to. */
function pipe(t: ExecutionContext, folder = ownFolder(t), name = "pipe"): string {
	const file = join(folder, name);
	execFileSync("mkfifo", ["-m", "600", file]);
	// Whoever waits at it is let go.
	t.teardown(() => closeSync(openSync(file, constants.O_RDWR | constants.O_NONBLOCK)));
	return file;
}

/** A file that is larger than any that is read. */
function large(t: ExecutionContext): string {
	const file = join(ownFolder(t), "large");
	writeFileSync(file, "", { mode: 0o600 });
	truncateSync(file, 64 * 2 ** 20);
	return file;
}

/** What a start with that file says. */
async function refusal(t: ExecutionContext, setting: string, file: string): Promise<string> {
	return started(t, FILES[setting]?.(file, await goodFiles(ownFolder(t))) ?? {});
}

async function started(t: ExecutionContext, rest: object): Promise<string> {
	const folder = ownFolder(t);
	const config = CoordinatorConfig.parse({
		...{ dataFolder: join(folder, "data"), http: { port: 0 }, nats: { embedded: { port: 0 } } },
		...rest,
	});
	const start = { environment: process.env, signal: new AbortController().signal };
	const running = await startCoordinator(config, pino({ level: "silent" }), start).catch((error: Error) => error);
	if (running instanceof Error) return running.message;
	await running.stop();
	return "it was taken";
}

for (const setting of Object.keys(FILES)) {
	test.serial(
		`${setting}: a large file, a pipe, a device, and a file that is not there, are refused by the setting's name`,
		async (t) => {
			const word = setting === "document" || setting === "boot.document" ? "document" : setting;
			for (const [file, reason] of [
				[large(t), /more than \d+ KiB/],
				[pipe(t), /it is a pipe, not a file/],
				["/dev/zero", /it is a device, not a file/],
				[join(dirname(import.meta.filename), "not-there"), /./],
			] as const) {
				const text = await withDeadline(`${setting} ${file}`, refusal(t, setting, file));
				t.true(text.includes(word), text);
				t.regex(text, reason);
			}
		},
	);
}

test.serial("a pipe among registries' accounts ends a start that would seal them, by its name", async (t) => {
	const dataFolder = ownFolder(t);
	const { sealingKey } = await goodFiles(ownFolder(t));
	mkdirSync(join(dataFolder, "registry-accounts"));
	const file = pipe(t, join(dataFolder, "registry-accounts"), "mirror");
	const start = started(t, { dataFolder, secrets: { key: { file: sealingKey } } });
	t.is(await withDeadline("an end", start), `${file} cannot be read: it is a pipe, not a file`);
});

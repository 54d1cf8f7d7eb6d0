import { createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { rm } from "node:fs/promises";
import { certificateRequest, OperatorCertificate, OperatorCertificateRequest, requestInfo } from "@rollcall/protocol";
import { InvalidArgumentError } from "commander";
import { stringify } from "yaml";
import { newPrivateFile } from "../files/new-file.ts";
import { type AddCommand, printJson, type Session } from "../session.ts";
import { tell } from "../terminal.ts";
import { jsonText } from "../text/json.ts";
import { tellRehearsal } from "./tell-rehearsal.ts";
import { parseDurationIn } from "./values.ts";

const AFTER = `
The private key is made here and leaves this computer for nobody. The certificate ends by itself; there is no way to take
it back before. With -o json it is JSON, which kubectl takes as well; with --out too, what is printed then says where it is.

Examples:
  rollcall kubeconfig --out ~/.kube/lab
  rollcall kubeconfig --expires 1h --user anna
  rollcall kubeconfig --masters --expires 10m --out rescue.conf`;

const NO_API = "a cluster of rehearsals has no API behind it; this kubeconfig leads nowhere";

/** How long a certificate of a person may live, in seconds. */
const LIFE = { least: 60, most: 365 * 86_400 };

interface Options {
	readonly expires?: number;
	readonly user: string;
	readonly masters?: boolean;
	readonly server?: string;
	readonly out?: string;
}

/** `rollcall kubeconfig`. */
export const addKubeconfig: AddCommand = (program, run) => {
	program
		.command("kubeconfig")
		.description("an administrator's kubeconfig for the cluster, with an end")
		.option("--expires <time>", "its life, like 30m, 8h or 7d; 8 hours if nothing is said", parseDurationIn(LIFE))
		.option("--user <name>", "whom the API's audit log names", parseUser, "kubernetes-admin")
		.option("--masters", "may do everything, even before any role exists; for rescues")
		.option("--api <url>", "how the API is reached from here, where that is another address", parseApi)
		.option("--out <file>", "write it there, 0600, and do not print it")
		.addHelpText("after", AFTER)
		.action((options: Options & { api?: string }, command) => run(command, (session) => write(session, options)));
};

async function write(session: Session, options: Options & { api?: string }): Promise<undefined> {
	const api = await session.connect();
	const { out } = options;
	const file = out === undefined ? undefined : await newPrivateFile(out);
	try {
		const { key, request } = newRequest();
		const { value } = await api.ask(OperatorCertificate, {
			method: "POST",
			path: "/v1/certificates",
			body: {
				request,
				commonName: options.user,
				group: options.masters ? "masters" : "admins",
				...(options.expires === undefined ? {} : { expiresInSeconds: options.expires }),
			} satisfies Partial<OperatorCertificateRequest>,
			subject: "the certificate",
		});
		const rehearsal = await tellRehearsal(session, api, NO_API);
		const made = kubeconfig(options.api === undefined ? value : { ...value, server: options.api }, options.user, key);
		const yaml = () => `${rehearsal ? `# REHEARSAL: ${NO_API}\n` : ""}${stringify(made, { lineWidth: 0 })}`;
		const text = session.json ? `${jsonText(made, 2)}\n` : yaml();
		const { cluster, expiresAt } = value;
		await file?.writeFile(text);
		if (!file) session.out.document(text);
		else if (session.json) printJson(session, { cluster, server: options.api ?? value.server, expiresAt, file: out });
		else tell(session.out, `a kubeconfig for ${cluster}, until ${expiresAt}, is in ${out}`);
	} catch (error) {
		if (out !== undefined) await rm(out, { force: true });
		throw error;
	} finally {
		await file?.close();
	}
	return undefined;
}

function parseUser(text: string): string {
	if (OperatorCertificateRequest.shape.commonName.safeParse(text).success) return text;
	throw new InvalidArgumentError(
		"it is a name of at most 64 letters, digits, blanks and . _ @ : -, and none of system:.",
	);
}

function parseApi(text: string): string {
	if (/^https:\/\//.test(text) && URL.canParse(text)) return text;
	throw new InvalidArgumentError("it is an address like https://192.0.2.10:6443.");
}

/** A new P-256 key (PEM) and the certificate request for it (PKCS #10, DER, base64). */
function newRequest(): { readonly key: string; readonly request: string } {
	const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const info = requestInfo(createPublicKey(privateKey).export({ format: "der", type: "spki" }));
	return {
		key: privateKey.export({ format: "pem", type: "pkcs8" }) as string,
		request: Buffer.from(certificateRequest(info, sign("sha256", info, privateKey))).toString("base64"),
	};
}

/** A kubeconfig (client.authentication v1 Config) with everything inside. */
function kubeconfig(given: OperatorCertificate, user: string, key: string) {
	const base64 = (text: string) => Buffer.from(text).toString("base64");
	const { cluster, server, authority, certificate } = given;
	const context = `${user}@${cluster}`;
	return {
		apiVersion: "v1",
		kind: "Config",
		clusters: [{ name: cluster, cluster: { "certificate-authority-data": base64(authority), server } }],
		users: [{ name: user, user: { "client-certificate-data": base64(certificate), "client-key-data": base64(key) } }],
		contexts: [{ name: context, context: { cluster, user } }],
		"current-context": context,
	};
}

import { resolve } from "node:path";
import { fingerprintsOf, ownValue } from "@rollcall/protocol";
import type { Command } from "commander";
import { fingerprintOf } from "../configuration/authority.ts";
import { readClientPair } from "../configuration/client-pair.ts";
import { checkServer, readToken } from "../configuration/connection.ts";
import { type Configuration, configurationPath, readConfiguration, writeConfiguration } from "../configuration/file.ts";
import { Failure, usageFailure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { type AddCommand, printJson, printLines, type Run, type Session, widthFor } from "../session.ts";
import { say, tell } from "../terminal.ts";
import { contextTable } from "../views/context-table.ts";
import { authorityToKeep, type PinOptions } from "./pin-authority.ts";

const ADD_AFTER = `
Token, certificate and key stay in their files; only the files' names are kept. The first context becomes the current one.

Of an https server that nobody on this computer knows, the fingerprint of its authority is shown and asked about, once; the
authority is kept, and nobody else is believed from then on. In scripts --fingerprint or --ca-file says which it is.

Examples:
  rollcall context add lab --server https://192.0.2.1:7420 --token-file ~/.config/rollcall/lab.token
  rollcall context add lab --server https://192.0.2.1:7420 --ca-file authority.crt
  rollcall context add lab --server https://192.0.2.1:7420 --client-cert alice.crt --client-key alice.key`;

/** `rollcall context list | show | use | add | remove`. */
export const addContext: AddCommand = (program, run) => {
	const context = program
		.command("context")
		.description("the coordinators that you know, and which one is asked")
		.addHelpText("after", "\nExamples:\n  rollcall context list\n  rollcall context use lab");
	context
		.command("list")
		.description("all contexts")
		.addHelpText("after", "\nExample:\n  rollcall context list")
		.action((_options, command) => run(command, list));
	context
		.command("show")
		.description("one context; the current one when none is named")
		.argument("[name]", "as `rollcall context list` shows it")
		.addHelpText("after", "\nExample:\n  rollcall context show")
		.action((name: string | undefined, _options, command) => run(command, (session) => show(session, name)));
	context
		.command("use")
		.description("ask this coordinator from now on")
		.argument("<name>", "as `rollcall context list` shows it")
		.addHelpText("after", "\nExample:\n  rollcall context use lab")
		.action((name: string, _options, command) => run(command, (session) => use(session, name)));
	addAdd(context, run);
	context
		.command("remove")
		.description("forget a coordinator; its token's file stays")
		.argument("<name>", "as `rollcall context list` shows it")
		.addHelpText("after", "\nExample:\n  rollcall context remove lab")
		.action((name: string, _options, command) => run(command, (session) => remove(session, name)));
};

function addAdd(context: Command, run: Run): void {
	context
		.command("add")
		.description("keep a coordinator by a name, with --server and --token-file")
		.argument("<name>", "letters, digits and . _ -")
		.option("--client-cert <file>", "your certificate, which a coordinator may take in place of a token, PEM")
		.option("--client-key <file>", "its private key, PEM without a passphrase")
		.option("--fingerprint <sha256>", "of the authority that the coordinator's certificate is to be by")
		.addHelpText("after", ADD_AFTER)
		.action((name: string, _options, command: Command) =>
			run(command, (session) => add(session, name, command.optsWithGlobals())),
		);
}

async function known(session: Session): Promise<{ readonly path: string; readonly configuration: Configuration }> {
	const path = configurationPath(session.env);
	return { path, configuration: await readConfiguration(path) };
}

async function list(session: Session): Promise<undefined> {
	const { path, configuration } = await known(session);
	const rows = Object.entries(configuration.contexts).map(([name, one]) => ({
		...{ name, server: one.server, current: name === configuration.current },
		token: one.tokenFile ?? (one.token === undefined ? (one.clientCertificate ?? "none") : "in the configuration file"),
	}));
	if (session.json) printJson(session, { contexts: rows });
	else if (rows.length === 0) tell(session.err, `no contexts in ${path}; \`rollcall context add\` adds one`);
	else printLines(session, contextTable(rows, { width: widthFor(session), paint: session.out.paint }));
	return undefined;
}

async function show(session: Session, asked: string | undefined): Promise<undefined> {
	const { path, configuration } = await known(session);
	const name = asked ?? configuration.current;
	if (name === undefined) throw missing("no context is in use", path);
	const found = ownValue(configuration.contexts, name);
	if (!found) throw missing(`no context named ${name} in ${path}`, path);
	const { server, tokenFile, clientCertificate, authority } = found;
	const fingerprint = authority === undefined ? undefined : fingerprintOf(authority);
	if (session.json)
		printJson(session, {
			name,
			server,
			tokenFile,
			clientCertificate,
			fingerprint,
			current: name === configuration.current,
		});
	else {
		const believed = authority === undefined ? "" : `, by the authority ${fingerprintsOf(authority).join(" or ")}`;
		const token = tokenFile === undefined ? "" : `, token in ${tokenFile}`;
		const shown = clientCertificate === undefined ? "" : `, certificate in ${clientCertificate}`;
		tell(session.out, `${name}: ${server}${token}${shown}${believed}`);
	}
	return undefined;
}

async function use(session: Session, name: string): Promise<undefined> {
	const { path, configuration } = await known(session);
	const found = ownValue(configuration.contexts, name);
	if (!found) throw missing(`no context named ${name} in ${path}`, path);
	await writeConfiguration(path, { ...configuration, current: name });
	say(session.out, `${name} is asked from now on (${found.server})`);
	return undefined;
}

interface AddOptions extends PinOptions {
	readonly server?: string;
	readonly tokenFile?: string | undefined;
	readonly clientCert?: string | undefined;
	readonly clientKey?: string | undefined;
}

/** The files of the operator's certificate, once they were read and belong together. Throws Failure. */
async function clientToKeep({ server, tokenFile, clientCert, clientKey }: AddOptions) {
	if (clientCert === undefined && clientKey === undefined) return {};
	if (clientCert === undefined || clientKey === undefined)
		throw usageFailure("--client-cert and --client-key belong together", "rollcall context add --help");
	if (tokenFile !== undefined)
		throw usageFailure("--token-file and --client-cert: a token is what counts", "give one of the two");
	if (!server?.startsWith("https:"))
		throw usageFailure(
			"--client-cert: a certificate can only be shown to an https server",
			"is the coordinator's tls off?",
		);
	const files = { certificate: resolve(clientCert), key: resolve(clientKey) };
	await readClientPair(files, "--client-cert");
	return { clientCertificate: files.certificate, clientKey: files.key };
}

/** The file may come later, or be another user's; whoever misspelt it hears of it now. */
async function warnOfToken(session: Session, file: string): Promise<void> {
	try {
		await readToken(file, "--token-file");
	} catch (error) {
		if (!(error instanceof Failure)) throw error;
		tell(session.err, `warning: ${error.message}; it is kept all the same`);
	}
}

async function add(
	session: Session,
	name: string,
	{ server, tokenFile, clientCert, clientKey, ...pin }: AddOptions,
): Promise<undefined> {
	if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name))
		throw usageFailure(`${name}: a name has letters, digits and . _ -, and begins with a letter or a digit`);
	if (server === undefined) throw usageFailure("--server is missing", "rollcall context add --help");
	const { path, configuration } = await known(session);
	if (ownValue(configuration.contexts, name))
		throw usageFailure(`there is a context named ${name} already`, `rollcall context remove ${name}`);
	const token = tokenFile === undefined ? {} : { tokenFile: resolve(tokenFile) };
	const origin = checkServer(server, "--server");
	if (tokenFile !== undefined) await warnOfToken(session, tokenFile);
	const client = await clientToKeep({ server: origin, tokenFile, clientCert, clientKey });
	const authority = await authorityToKeep(session, origin, pin);
	const believed = authority === undefined ? {} : { authority };
	const contexts = { ...configuration.contexts, [name]: { server: origin, ...token, ...client, ...believed } };
	await writeConfiguration(path, { current: configuration.current ?? name, contexts });
	const by = authority === undefined ? "" : `; it is believed by the authority ${fingerprintOf(authority)} alone`;
	tell(session.out, `${name} is kept in ${path}${by}`);
	return undefined;
}

async function remove(session: Session, name: string): Promise<undefined> {
	const { path, configuration } = await known(session);
	const { [name]: _gone, ...contexts } = configuration.contexts;
	if (!ownValue(configuration.contexts, name)) throw missing(`no context named ${name} in ${path}`, path);
	const { current } = configuration;
	await writeConfiguration(path, current === undefined || current === name ? { contexts } : { current, contexts });
	say(session.out, `${name} is forgotten`);
	return undefined;
}

function missing(message: string, path: string): Failure {
	return new Failure(message, { exit: EXIT.notFound, next: `\`rollcall context list\` shows what is in ${path}` });
}

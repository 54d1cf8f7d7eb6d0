import { rm } from "node:fs/promises";
import {
	API_SCOPES,
	definedFields,
	type Reach,
	RecordedScope,
	SCOPE_MEANING,
	scopeNow,
	TokenCreated,
	TokenList,
	TokenScope,
	TokenView,
} from "@rollcall/protocol";
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { usageFailure } from "../errors.ts";
import { newPrivateFile } from "../files/new-file.ts";
import { type AddCommand, printJson, printLines, type Run, type Session, widthFor } from "../session.ts";
import { say, tell } from "../terminal.ts";
import { tokenTable } from "../views/token-table.ts";
import { tellRehearsal } from "./tell-rehearsal.ts";
import { collectLabel, parseDurationIn, parseMac } from "./values.ts";

const AFTER = `
Examples:
  rollcall token list
  rollcall token create --scope viewer --expires 30d --out viewer.token
  rollcall token revoke 9f1c2b7a40de`;

const CREATE_AFTER = `
The token is printed once and stored nowhere; with --out it goes to a file that only you can read.

Scopes; from viewer on each includes those before it:
${TokenScope.options.map((scope) => `  ${scope.padEnd(9)} ${SCOPE_MEANING[scope]}`).join("\n")}
One to enroll with is good for 10 minutes if nothing else is said, another one for 90 days.
--only, --only-role and --cluster limit a viewer, approver or operator: to machines with these labels and that role, and to
that cluster. What is about the whole fleet is refused to one who is limited to some machines.

Examples:
  rollcall token create --out enroll.token
  rollcall token create --scope viewer --expires 30d --out viewer.token
  rollcall token create --scope operator --only rack=a --expires 8h --out rack-a.token
  rollcall token create --mac 52:54:00:12:34:56 -l rack=a --expires 1h`;

/** How long a token may live, in seconds; one to enroll with at most a day. */
const LIFE = { least: 1, most: 365 * 86_400 };
const MOST_ENROLL_SECONDS = 86_400;

interface CreateOptions {
	readonly scope: TokenScope;
	readonly expires?: number | null;
	readonly mac?: string;
	readonly label?: Record<string, string>;
	readonly only?: Record<string, string>;
	readonly onlyRole?: string;
	readonly cluster?: string;
	readonly out?: string;
}

/** `rollcall token create | list | revoke`. */
export const addToken: AddCommand = (program, run) => {
	const token = program.command("token").description("enrollment and API tokens").addHelpText("after", AFTER);
	addCreate(token, run);
	token
		.command("list")
		.description("all tokens, also the coordinator's own, without the tokens themselves")
		.addHelpText("after", "\nExample:\n  rollcall token list")
		.action((_options, command) => run(command, list));
	token
		.command("revoke")
		.description("end a token; event streams that were opened with it end too")
		.argument("<token-id>", "as `rollcall token list` shows it", parseTokenId)
		.option("--force", "also the last one with the scope admin; docs/operations.md has the way back")
		.addHelpText("after", "\nExample:\n  rollcall token revoke 9f1c2b7a40de")
		.action((id: string, { force }: { force?: boolean }, command) =>
			run(command, (session) => revoke(session, id, force === true)),
		);
};

function addCreate(token: Command, run: Run): void {
	token
		.command("create")
		.description("make a token")
		.option("--scope <scope>", `enroll, ${API_SCOPES.join(", ")}`, parseScope, "enroll")
		.option("--expires <time>", "its life, like 10m, 12h or 30d; the API: also never", parseLife)
		.option("--mac <mac>", "enroll: only for the machine with this MAC", parseMac)
		.option("-l, --label <key=value>", "enroll: a label that the machine gets; can be repeated", collectLabel)
		.option("--only <key=value>", "the API: only machines with this label; can be repeated", collectLabel)
		.option("--only-role <role>", "the API: only machines with this role")
		.option("--cluster <name>", "the API: only while this cluster is declared")
		.option("--out <file>", "write the token there, 0600, and do not print it")
		.addHelpText("after", CREATE_AFTER)
		.action((options: CreateOptions, command) => run(command, (session) => create(session, options)));
}

/** What belongs to one scope and not to another. Throws Failure. */
function checkScope({ scope, expires, mac, label, ...limits }: CreateOptions): void {
	const next = "`rollcall token create --help` shows examples";
	if (scope === "enroll") {
		if (expires === null || (expires ?? 0) > MOST_ENROLL_SECONDS)
			throw usageFailure("--expires: an enroll token lives at most 1d", next);
	}
	if (scope === "enroll" || scope === "admin") {
		const { only, onlyRole, cluster } = limits;
		const given = only ? "--only" : onlyRole ? "--only-role" : cluster ? "--cluster" : undefined;
		if (given) throw usageFailure(`${given}: tokens with --scope ${scope} are not limited`, next);
	}
	if (scope === "enroll") return;
	const given = mac !== undefined ? "--mac" : label !== undefined ? "--label" : undefined;
	if (given) throw usageFailure(`${given}: only tokens with --scope enroll have it`, next);
}

/** What the token is limited to, as the API takes it. */
function reachOf({ only, onlyRole, cluster }: CreateOptions): { reach?: Reach } {
	const reach = definedFields({ labels: only, role: onlyRole, cluster });
	return Object.keys(reach).length > 0 ? { reach } : {};
}

async function create(session: Session, options: CreateOptions): Promise<undefined> {
	checkScope(options);
	const api = await session.connect();
	await tellRehearsal(session, api);
	// Opened before the token is made: a token that cannot be kept should not exist.
	const file = options.out === undefined ? undefined : await newPrivateFile(options.out);
	try {
		const { json, value } = await api.ask(TokenCreated, {
			method: "POST",
			path: "/v1/tokens",
			body: {
				scope: options.scope,
				labels: options.label ?? {},
				...(options.expires === undefined ? {} : { expiresInSeconds: options.expires }),
				...(options.mac === undefined ? {} : { mac: options.mac }),
				...reachOf(options),
			},
			subject: "the token",
		});
		await file?.writeFile(`${value.token}\n`);
		const { tokenId, scope, expiresAt } = value.view;
		const told = `token ${tokenId} (${scope}, ${expiresAt ? `until ${expiresAt}` : "without end"})`;
		if (session.json) printJson(session, file ? value.view : json);
		else if (file) tell(session.out, `${told} is in ${options.out}`);
		else {
			say(session.err, `${told}:`);
			say(session.out, value.token);
		}
	} catch (error) {
		if (options.out !== undefined) await rm(options.out, { force: true });
		throw error;
	} finally {
		await file?.close();
	}
	return undefined;
}

async function list(session: Session): Promise<undefined> {
	const api = await session.connect();
	await tellRehearsal(session, api);
	const { json, value } = await api.ask(TokenList, { path: "/v1/tokens", subject: "tokens" });
	if (session.json) printJson(session, json);
	else if (value.tokens.length === 0) say(session.err, "no tokens; `rollcall token create` makes one");
	else {
		printLines(
			session,
			tokenTable(value.tokens, session.now(), { width: widthFor(session), paint: session.out.paint }),
		);
		if (value.more > 0) say(session.err, `${value.more} older ones are not shown`);
	}
	return undefined;
}

async function revoke(session: Session, id: string, force: boolean): Promise<undefined> {
	const api = await session.connect();
	await tellRehearsal(session, api);
	const path = `/v1/tokens/${encodeURIComponent(id)}${force ? "?force=true" : ""}`;
	const { json, value } = await api.ask(TokenView, { method: "DELETE", path, subject: `token ${id}` });
	if (session.json) printJson(session, json);
	else say(session.out, `token ${value.tokenId} (${value.scope}): ${value.state}`);
	return undefined;
}

function parseTokenId(text: string): string {
	if (/^[A-Za-z0-9-]{1,64}$/.test(text)) return text;
	throw new InvalidArgumentError("it is the id in the list of tokens, like 9f1c2b7a40de, not the token itself.");
}

/** Reads a life, or `never` as null. */
function parseLife(text: string): number | null {
	return text === "never" ? null : parseDurationIn(LIFE)(text);
}

function parseScope(text: string): TokenScope {
	const scope = RecordedScope.safeParse(text);
	if (!scope.success) throw new InvalidArgumentError(`it is one of ${TokenScope.options.join(", ")}.`);
	return scopeNow(scope.data);
}

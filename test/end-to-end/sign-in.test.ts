import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Event } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { newOperator, type Operator } from "../support/cli.ts";
import { at, startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { type OpenIdProvider, openIdProvider } from "../support/openid-provider.ts";

const RIGHTS = [
	{ claim: "groups", value: "staff", scope: "viewer" },
	{ claim: "groups", value: "ops", scope: "operator" },
];

async function scene(t: ExecutionContext, idTokenSeconds?: number) {
	const provider = await openIdProvider(t, idTokenSeconds);
	const { issuer, clientId } = provider;
	const coordinator = await startCoordinator(t, { oidc: { issuer, clientId, rights: RIGHTS } });
	return { provider, coordinator, operator: newOperator(t), server: at(coordinator) };
}

/** Runs `rollcall login` while somebody signs in with a browser. */
async function signIn(
	{ provider, operator, server }: { provider: OpenIdProvider; operator: Operator; server: string[] },
	name: string,
): Promise<number | null> {
	const started = operator.start("login", ...server);
	const address = await eventually("what to open", () => /^or open (\S+)/m.exec(started.output())?.[1]);
	await provider.browse(address, name);
	return (await started.exited).code;
}

function loginFile(operator: Operator): string {
	const folder = join(dirname(operator.configFile), "logins");
	return join(folder, readdirSync(folder)[0] ?? "");
}

const changesOf = async (coordinator: TestCoordinator): Promise<Event[]> =>
	(await coordinator.call<{ events: Event[] }>("GET", "/v1/events?type=change-made&by=oidc:alice")).events;

test("a person signs in with a browser, has the rights of his groups, and what he does is recorded by his name", async (t) => {
	const all = await scene(t);
	const { operator, server, coordinator } = all;
	const before = await operator.rollcall("machines", ...server);
	t.is(before.code, 1, before.stderr);
	t.is(await signIn(all, "alice"), 0);
	t.is(statSync(loginFile(operator)).mode & 0o777, 0o600);
	const machines = await operator.rollcall("machines", ...server);
	t.is(machines.code, 0, machines.stderr);
	const made = await operator.rollcall("token", "create", ...server, "-o", "json");
	t.is(made.code, 0, made.stderr);
	const [change] = await changesOf(coordinator);
	t.like(change, { by: "oidc:alice", scope: "operator", from: "127.0.0.1", route: "POST /v1/tokens" });
	const audit = await operator.rollcall("audit", "--who", "oidc:alice", ...server);
	t.regex(audit.stdout, /oidc:alice \(operator, from 127\.0\.0\.1\): POST \/v1\/tokens of token \w+/);
	const refused = await operator.rollcall("token", "list", ...server);
	t.is(refused.code, 1);
	t.regex(refused.stderr, /oidc:alice has the scope operator, and this takes admin/);
	t.is((await operator.rollcall("logout", ...server)).code, 0);
	t.is((await operator.rollcall("machines", ...server)).code, 1);
	const secret = JSON.parse(readFileSync(join(coordinator.dataFolder, "coordinator.yaml"), "utf8"));
	t.is(secret.oidc.clientId, "rollcall");
});

test("a login that ends is renewed with the provider, and one that cannot be says to sign in again", async (t) => {
	const all = await scene(t, 20);
	const { operator, server } = all;
	t.is(await signIn(all, "bob"), 0);
	const first = readFileSync(loginFile(operator), "utf8");
	const listed = await operator.rollcall("machines", ...server);
	t.is(listed.code, 0, listed.stderr);
	const second = readFileSync(loginFile(operator), "utf8");
	// An ID token that is made anew within the same second is the same text.
	t.not(JSON.parse(second).refreshToken, JSON.parse(first).refreshToken, "less than half a minute was left");
	t.is(statSync(loginFile(operator)).mode & 0o777, 0o600);
	const atOnce = await Promise.all([1, 2, 3].map(() => operator.rollcall("machines", ...server)));
	for (const { code, stderr } of atOnce) t.is(code, 0, `each of them renews it: ${stderr}`);
	t.is(readdirSync(dirname(loginFile(operator))).length, 1, "no lock is left");
	const denied = await operator.rollcall("token", "create", ...server);
	t.regex(denied.stderr, /oidc:bob has the scope viewer/);
	writeFileSync(loginFile(operator), JSON.stringify({ ...JSON.parse(second), refreshToken: "another", endsAt: 0 }));
	const over = await operator.rollcall("machines", ...server);
	t.is(over.code, 1);
	t.regex(over.stderr, /the login at http:\S+ is over\n.*rollcall login/);
});

import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { openSnapshotFolder, SigningKey } from "@rollcall/coordinator/trials";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { run } from "@rollcall/test-support/running";
import { stretched } from "@rollcall/test-support/stretch";
import test, { type ExecutionContext } from "ava";
import { writeAgentProgram } from "../support/boot.ts";
import { type Canary, CanaryHunt } from "../support/canaries.ts";
import { newOperator } from "../support/cli.ts";
import { asAdmin, at, startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { documentText, smallRole } from "../support/documents.ts";
import { allReady, startMachine, type TestMachine } from "../support/machine.ts";
import { openIdProvider } from "../support/openid-provider.ts";
import { filesBelow } from "../support/secrets.ts";

const planted = (name: string): Canary => ({ name, secret: `canary-${randomBytes(18).toString("hex")}` });
const RIGHTS = [{ claim: "groups", value: "ops", scope: "operator" }];

/** The document of the scene: a role with sensitive files, and a mirror with an account. */
function documentWith(secret: string, another: string): string {
	const role = smallRole("said to everybody") as { files: object[] };
	const files = [
		{ path: "/etc/rollcall/role/sensitive", mode: "0600", content: `password: ${secret}\n`, sensitive: true },
		{ path: "/etc/rollcall/role/private", mode: "0600", content: `{"token":"${another}"}` },
	];
	const slot = (name: string, role: string, count: number | "rest") => ({
		...{ name, role, count },
		selector: { rehearsal: true },
	});
	return JSON.stringify({
		...JSON.parse(
			documentText({
				slots: [slot("control", "control-plane", 1), slot("keeper", "keeper", 1), slot("rest", "worker", "rest")],
				roles: { keeper: { ...role, files: [...role.files, ...files] } },
			}),
		),
		images: { mirrors: [{ registry: "docker.io", endpoints: ["https://cache.example/hub"], account: "cache" }] },
	});
}

/** Private keys, seeds and symmetric keys in a file, without what anybody may know of it. */
function secretsIn(name: string, text: string): Canary[] {
	const pem = [...text.matchAll(/-----BEGIN [A-Z ]*PRIVATE KEY-----\s+(?:\S+\s+)?(\S{30,})/g)];
	const seeds = [...text.matchAll(/\bS[UAONC][A-Z2-7]{56}\b/g)];
	const bare = /^[A-Za-z0-9+/_-]{40,}=*$/.test(text.trim()) ? [text.trim()] : [];
	const note = [...text.matchAll(/"key":"([A-Za-z0-9+/]{43}=)"/g)];
	const wrapped = [...text.matchAll(/secret: ([A-Za-z0-9+/]{43}=)/g)];
	const all = [...pem.map(([, line = ""]) => line), ...seeds.map(([seed]) => seed), ...bare];
	return [...all, ...note.map(([, key = ""]) => key), ...wrapped.map(([, key = ""]) => key)].map((secret) => ({
		name,
		secret,
	}));
}

function canariesBelow(folder: string): Canary[] {
	return filesBelow(folder).flatMap((file) => secretsIn(file, readFileSync(file, "latin1")));
}

/** A fleet whose coordinator began in clear, so that its own secrets are known, and is sealed now. */
async function scene(t: ExecutionContext) {
	const dataFolder = ownFolder(t);
	const [sensitive, privateFile, password] = ["a sensitive file", "a private file", "a mirror's password"].map(planted);
	if (!sensitive || !privateFile || !password) throw new Error("unreachable");
	mkdirSync(join(dataFolder, "registry-accounts"), { mode: 0o700 });
	writeFileSync(join(dataFolder, "registry-accounts/cache"), `robot:${password.secret}\n`, { mode: 0o600 });
	const keyFile = join(ownFolder(t), "fleet.key");
	writeFileSync(keyFile, `${randomBytes(32).toString("base64")}\n`, { mode: 0o600 });
	const { issuer, clientId, browse } = await openIdProvider(t);
	const document = documentWith(sensitive.secret, privateFile.secret);
	// The least that counts as an agent: no secret of a fleet gets into the real one, which each start would read, and the first compress.
	const boot = { host: "127.0.0.1", port: 0, agent: writeAgentProgram(ownFolder(t)).file };
	const clear = await startCoordinator(t, { dataFolder, document, boot, oidc: { issuer, clientId, rights: RIGHTS } });
	const signer = new SigningKey(readFileSync(join(dataFolder, "keys/assignments.nk"), "utf8").trim()).publicKey;
	const snapshots = openSnapshotFolder(join(dataFolder, "etcd-snapshots"), { fleets: [signer], log: () => "a log" });
	const content = randomBytes(2048);
	await snapshots.save(
		(async function* () {
			yield content;
			yield createHash("sha256").update(content).digest();
		})(),
		{ revision: 7, takenAt: Date.now(), cluster: "test", secretsKeys: [], maxBytes: 2 ** 30 },
	);
	await clear.stop();
	const own = [
		...["keys", "etcd-snapshots", "tls"].flatMap((name) => canariesBelow(join(dataFolder, name))),
		{ name: "the first token", secret: clear.token },
		{ name: "the key of secrets", secret: readFileSync(keyFile, "utf8").trim() },
		...[sensitive, privateFile, password],
	];
	const coordinator = await clear.restart({ secrets: { key: { file: keyFile } } });
	return { coordinator, own, browse, document, planned: planted("a file that is only planned") };
}

/** Secrets of people: tokens, a login, a kubeconfig. */
async function ofPeople(t: ExecutionContext, coordinator: TestCoordinator, browse: Browse): Promise<Canary[]> {
	const operator = newOperator(t);
	const signingIn = operator.start("login", ...at(coordinator));
	await browse(await eventually("what to open", () => /^or open (\S+)/m.exec(signingIn.output())?.[1]), "alice");
	t.is((await signingIn.exited).code, 0);
	const logins = join(dirname(operator.configFile), "logins");
	const login = JSON.parse(readFileSync(join(logins, readdirSync(logins)[0] ?? ""), "utf8")) as Record<string, unknown>;
	t.is((await operator.rollcall("machines", ...at(coordinator))).code, 0);
	const kubeconfig = join(operator.home, "kubeconfig");
	const written = await operator.rollcall("kubeconfig", "--out", kubeconfig, ...asTold(t, coordinator));
	t.is(written.code, 0, written.stderr);
	const key = /client-key-data: (\S+)/.exec(readFileSync(kubeconfig, "utf8"))?.[1] ?? "";
	const { token } = await coordinator.call<{ token: string }>("POST", "/v1/tokens", { scope: "viewer" });
	const used = await fetch(`${coordinator.url}/v1/machines`, { headers: { authorization: `Bearer ${token}` } });
	t.is(used.status, 200);
	// A token that is no good, and one in an address: both come from outside, and people look at logs because of them.
	const stray = planted("a token that nobody knows");
	await fetch(`${coordinator.url}/v1/machines`, { headers: { authorization: `Bearer rct_${stray.secret}` } });
	return [
		stray,
		{ name: "a viewer's token", secret: token },
		...secretsIn("a kubeconfig", Buffer.from(key, "base64").toString()),
		...Object.entries(login).flatMap(([name, secret]) =>
			/token/i.test(name) && typeof secret === "string" ? [{ name: `a login's ${name}`, secret }] : [],
		),
	];
}
type Browse = (address: string, name: string) => Promise<string>;

/** Words that lead to a sealed coordinator as its administrator. */
function asTold(t: ExecutionContext, coordinator: TestCoordinator): string[] {
	const tokenFile = join(ownFolder(t), "token");
	writeFileSync(tokenFile, coordinator.token, { mode: 0o600 });
	return [...asAdmin(coordinator).slice(0, -1), tokenFile];
}

/** The answers to every GET of the API for a token, by address. Those that need a name get each that there is. */
async function everyAnswer(coordinator: TestCoordinator, token: string): Promise<Map<string, string>> {
	const { paths } = await coordinator.call<{ paths: Record<string, object> }>("GET", "/v1/openapi.json");
	const ids = (await coordinator.machines()).map(({ machineId }) => machineId);
	const answers = new Map<string, string>();
	for (const [path, methods] of Object.entries(paths)) {
		if (!("get" in methods)) continue;
		const addresses = path.startsWith("/v1/machines/{id}") ? ids.map((id) => path.replace("{id}", id)) : [path];
		for (const address of addresses) {
			const headers = { authorization: `Bearer ${token}` };
			const answer = await fetch(`${coordinator.url}${address.replaceAll(/\{\w+\}/g, "0".repeat(64))}`, { headers });
			answers.set(address, `${answer.status} ${await answer.text()}`);
		}
	}
	answers.set("all events", JSON.stringify(await coordinator.events()));
	return answers;
}

test("no secret of a fleet is in a log, an event, an answer, an argument, an environment, a bundle, or on the coordinator's disk", async (t) => {
	t.timeout(stretched(240_000));
	const { coordinator, own, browse, document, planned } = await scene(t);
	const tokens = await Promise.all([1, 2, 3].map(() => coordinator.enrollToken()));
	const machines: TestMachine[] = await Promise.all(
		tokens.map((token, at) => startMachine(t, coordinator, { name: `canary-${at}`, token })),
	);
	await allReady(coordinator, 3, 90_000);
	const people = await ofPeople(t, coordinator, browse);
	const onMachines = machines.flatMap(({ root }) => canariesBelow(root));
	const enrolling = tokens.map((secret) => ({ name: "an enroll token", secret }));
	const canaries = [...own, ...people, ...enrolling, ...onMachines, planned];
	for (const kind of [
		/assignments\.nk/,
		/boot-token\.key/,
		/listeners\.pem/,
		/\.json$/,
		/server\.key/,
		/login's/,
		/kubeconfig/,
		/pki/,
	])
		t.true(
			canaries.some(({ name }) => kind.test(name)),
			`no canary is like ${kind}`,
		);

	const hunt = new CanaryHunt(canaries);
	const changed = document.replace(own.find(({ name }) => name === "a sensitive file")?.secret ?? "", planned.secret);
	const plan = await coordinator.call("POST", "/v1/plan", { text: changed });
	t.true(JSON.stringify(plan).includes("/etc/rollcall/role/sensitive"), "the plan does not show the file");
	hunt.nothingIn("a plan", JSON.stringify(plan));
	const viewer = people.find(({ name }) => name === "a viewer's token")?.secret ?? "";
	for (const [token, least] of [
		[coordinator.token, 15],
		[viewer, 12],
	] as const) {
		const answers = await everyAnswer(coordinator, token);
		t.true([...answers.values()].filter((answer) => answer.startsWith("200")).length > least);
		// Who may declare the document reads it whole (docs/api.md, "Secrets").
		for (const [address, answer] of answers)
			if (token === viewer || address !== "/v1/cluster") hunt.nothingIn(address, answer);
			else t.true(hunt.in(answer).includes("a sensitive file"), "the hunt sees nothing");
	}
	t.true(hunt.nothingAround(process.pid) > 8);

	const watching = newOperator(t).start("watch", "--since", "0", "--json", ...asTold(t, coordinator));
	await eventually("the stream", () => watching.output().includes("cluster-declared") || undefined);
	await watching.end();
	hunt.nothingIn("the event stream", watching.output());
	const bundle = join(ownFolder(t), "bundle.tar.gz");
	const made = await newOperator(t).rollcall("support-bundle", "--out", bundle, ...asTold(t, coordinator));
	t.is(made.code, 0, made.stderr);
	hunt.nothingIn("the support bundle", gunzipSync(readFileSync(bundle)));
	const inRam = dirname(realpathSync(join(coordinator.dataFolder, "nats/server.conf")));
	t.is(hunt.privateBelow(inRam), 1, "nats-server's own key alone lies in clear");
	for (const { root } of machines) t.true(hunt.privateBelow(root) > 0);

	// The snapshot of the fleet is written at the end; what the second run says is looked at too.
	const first = coordinator.process.output();
	const again = await coordinator.restart();
	await allReady(again, 3, 90_000);
	await again.stop();
	for (const [name, said] of [
		["the first run", first],
		["the second run", again.process.output()],
	] as const)
		hunt.nothingIn(name, said);
	for (const machine of machines) hunt.nothingIn(`what ${machine.name} said`, machine.process.output());
	rmSync(join(coordinator.dataFolder, "declared.yaml"));
	hunt.nothingBelow(coordinator.dataFolder);
	const { found, looked } = hunt.result();
	t.deepEqual(found, []);
	t.true(looked > 100);
});

test("a canary is found wherever it is planted, as it is, in hex and in base64", (t) => {
	const [canary, other] = [planted("planted"), planted("other")];
	const folder = ownFolder(t);
	const { secret } = canary;
	const looks = [
		`a log line with ${secret} in it`,
		JSON.stringify({ token: secret }),
		Buffer.from(secret).toString("hex"),
		...["", "x", "xx", "a name:"].map((before) => Buffer.from(`${before}${secret}!`).toString("base64")),
		Buffer.from(`kubeconfig ${secret}`).toString("base64url"),
	];
	for (const [index, text] of looks.entries()) {
		const hunt = new CanaryHunt([canary, other]);
		hunt.nothingIn("here", text);
		t.deepEqual(hunt.result().found, ["planted in here"], text);
		writeFileSync(join(folder, `file-${index}`), text, { mode: 0o600 });
	}
	const below = new CanaryHunt([canary]);
	below.nothingBelow(folder);
	t.is(below.result().found.length, looks.length);
	const modes = new CanaryHunt([canary]);
	t.is(modes.privateBelow(folder), looks.length);
	t.deepEqual(modes.result().found, []);
	writeFileSync(join(folder, "open"), secret, { mode: 0o644 });
	modes.privateBelow(folder);
	t.regex(modes.result().found.join(), /planted in .*open, whose mode is 644/);
});

test("a canary in an argument or an environment of what a process started is found", async (t) => {
	const [argument, variable] = [planted("an argument"), planted("a variable")];

	const words = ["-e", "setInterval(() => {}, 1000); console.log('there')", argument.secret];
	const started = run(process.execPath, words, { CANARY: variable.secret });
	t.teardown(() => started.end());
	await eventually("the process", () => started.output().includes("there") || undefined);
	const hunt = new CanaryHunt([argument, variable]);
	hunt.nothingAround(process.pid);
	const { found } = hunt.result();
	t.true(
		found.some((one) => /^an argument in the arguments of /.test(one)),
		found.join(),
	);
	t.true(
		found.some((one) => /^a variable in the environment of /.test(one)),
		found.join(),
	);
});

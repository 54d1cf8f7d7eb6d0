import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { coordinatorWith, runCli } from "./support/cli.ts";
import { onTerminal } from "./support/terminal.ts";
import { fleet } from "./support/views.ts";

const [machine] = fleet();
const exposure = {
	couldRead: ["Secrets, ConfigMaps and tokens of the pods on worker-0", "certificate \u001b[2Jkubelet"],
	changes: ["authorities"],
	yours: ["find out how it was taken over before it is admitted again"],
};
const ROUTES = {
	"GET /v1/machines/m-1/exposure": exposure,
	"POST /v1/machines/m-1/compromised": { machine, exposure },
};

test("compromised says what could be read, what changes and what is left to people, without escapes", async (t) => {
	const { api, env } = await coordinatorWith(t, ROUTES);
	const { code, stdout, stderr } = await runCli(t, ["compromised", "m-1", "--reason", "a pod broke out"], env);
	t.is(stderr, "");
	t.is(code, 0);
	t.regex(
		stdout,
		/could read and use:\n {2}Secrets, .* worker-0\n[\s\S]*changes:\n {2}authorities\nLeft to you:\n {2}find out/,
	);
	t.false(stdout.includes("\u001b"));
	t.regex(stdout, /kept out until it is approved again; switch it off\n$/);
	t.like(api.seen.at(-1), { method: "POST", path: "/v1/machines/m-1/compromised" });
});

test("compromised -o json prints what the API returns, and passes what may be lost", async (t) => {
	const { api, env } = await coordinatorWith(t, ROUTES);
	const { code, stdout } = await runCli(t, ["compromised", "m-1", "--accept-loss", "etcd", "-o", "json"], env);
	t.is(code, 0);
	t.deepEqual(JSON.parse(stdout), JSON.parse(JSON.stringify({ machine, exposure })));
	t.regex(api.seen.at(-1)?.path ?? "", /\?acceptLoss=etcd$/);
});

test("on a terminal compromised shows what could be read and asks; no answer is no", async (t) => {
	const { api, env } = await coordinatorWith(t, ROUTES);
	const posts = () => api.seen.filter(({ method }) => method === "POST").length;
	for (const [answer, code, done] of [
		["n\r", 1, 0],
		["\u0003", 130, 0],
		["y\r", 0, 1],
	] as const) {
		const terminal = await onTerminal(t, ["compromised", "m-1"], { columns: 80, rows: 24, env });
		await eventually("the question", () => terminal.output().includes("[y/N]"));
		t.regex(terminal.output(), /Secrets, ConfigMaps and tokens/);
		terminal.type(answer);
		t.is(await terminal.ended, code);
		t.is(posts(), done);
	}
});

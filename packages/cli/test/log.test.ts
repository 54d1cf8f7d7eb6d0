import test from "ava";
import { coordinatorWith, runCli } from "./support/cli.ts";

test("log accept says that the log goes on, and with which event", async (t) => {
	const { api, env } = await coordinatorWith(t, { "POST /v1/log/accept": { seq: 1037 } });
	const { code, stdout } = await runCli(t, ["log", "accept"], env);
	t.is(code, 0);
	t.is(stdout, "the event log goes on as it is (event 1037)\n");
	t.deepEqual(api.seen.find(({ method }) => method === "POST")?.body, {});
	const json = await runCli(t, ["log", "accept", "-o", "json"], env);
	t.deepEqual(JSON.parse(json.stdout), { seq: 1037 });
});

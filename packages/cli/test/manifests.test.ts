import test from "ava";
import { coordinatorWith, runCli } from "./support/cli.ts";

test("manifests accept says that the leader's folder counts, and with which event", async (t) => {
	const { api, env } = await coordinatorWith(t, { "POST /v1/manifests/accept": { seq: 1037 } });
	const { code, stdout } = await runCli(t, ["manifests", "accept"], env);
	t.deepEqual([code, stdout], [0, "the leader's folder of manifests counts (event 1037)\n"]);
	t.deepEqual(api.seen.find(({ method }) => method === "POST")?.body, {});
	const json = await runCli(t, ["manifests", "accept", "-o", "json"], env);
	t.deepEqual(JSON.parse(json.stdout), { seq: 1037 });
});

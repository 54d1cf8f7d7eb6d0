import { Failure } from "../errors.ts";
import { isFree } from "./addresses.ts";

const ASK_MS = 1_000;

/** Throws Failure when somebody listens on this port of 127.0.0.1 already, with who that may be and what to do. */
export async function checkPort(port: number): Promise<void> {
	if (await isFree("127.0.0.1", port)) return;
	const who = (await isCoordinator(port))
		? "a rollcall coordinator, perhaps of another `rollcall up`,"
		: "another program";
	throw new Failure(
		`--port ${port}: ${who} listens on port ${port} of 127.0.0.1 already, or this user may not use it`,
		{
			next: `end it (\`ss -ltnp sport = :${port}\` shows what it is), or take another port; without --port a free one is found`,
		},
	);
}

async function isCoordinator(port: number): Promise<boolean> {
	try {
		const response = await fetch(`http://127.0.0.1:${port}/v1/openapi.json`, { signal: AbortSignal.timeout(ASK_MS) });
		const text = (await response.text()).slice(0, 4096);
		// One that speaks HTTPS says so to who does not.
		return response.ok ? /"title":\s*"rollcall/i.test(text) : /a rollcall coordinator/.test(text);
	} catch {
		return false;
	}
}

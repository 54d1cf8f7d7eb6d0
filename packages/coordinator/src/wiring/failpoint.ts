import { armFailpoint, parseFailpoint } from "../loop/failpoints.ts";
import type { Failpoint } from "../ports/failpoint.ts";

/** The failpoint that a test asked for through `ROLLCALL_FAILPOINT`, or none. Ends the process as a power cut would. */
export function failpointFrom(environment: NodeJS.ProcessEnv): Failpoint {
	const text = environment.ROLLCALL_FAILPOINT;
	if (!text) return () => {};
	return armFailpoint(parseFailpoint(text), () => process.kill(process.pid, "SIGKILL"));
}

import { runCommand } from "../command.ts";

/** systemd answers at once, or not at all while it shuts down. Milliseconds. */
const ASK_MS = 3_000;

/** True while the whole system shuts down or boots anew, and not only this service ends (systemctl, `is-system-running`). */
export async function isGoingDown(): Promise<boolean> {
	// It ends with 1 for every state but `running`.
	const { stdout } = await runCommand("systemctl", ["--no-ask-password", "is-system-running"], ASK_MS);
	return stdout.trim() === "stopping";
}

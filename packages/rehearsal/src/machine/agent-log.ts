import { appendFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";

/** The log and the one before it are at most this long. */
const LIMIT_BYTES = 1024 * 1024;

/** Where the agent's lines go below the root: `agent.log`, and `agent.log.1` when it was full. */
const AGENT_LOG = "var/log/agent.log";

/**
 * Keeps the agent's lines in a file below the root, and passes those on that are warnings or worse. Never throws: a log that
 * cannot be written must not end a machine.
 */
export function createAgentLog(root: string, onWarning: (line: string) => void): (line: string) => void {
	const path = join(root, AGENT_LOG);
	let bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
	return (line) => {
		if (isWarning(line)) onWarning(line);
		try {
			if (bytes > LIMIT_BYTES) {
				renameSync(path, `${path}.1`);
				bytes = 0;
			}
			const text = `${new Date().toISOString()} ${line}\n`;
			appendFileSync(path, text);
			bytes += Buffer.byteLength(text);
		} catch {
			// The root was emptied just now.
		}
	};
}

/** The agent's lines begin with their level, or with journald's `<N>`; what does not is not the agent's own (a crash). */
function isWarning(line: string): boolean {
	return !/^(?:debug |info |<[5-7]>)/.test(line);
}

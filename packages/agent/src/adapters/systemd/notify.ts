import { runCommand } from "../command.ts";

const TIMEOUT_MS = 5_000;

/** Tells systemd how the agent is (sd_notify(3)). Does nothing when systemd did not start it. Never throws. */
export interface Notify {
	ready(status: string): void;
	stopping(): Promise<void>;
	/** Stops the watchdog's beat. */
	end(): void;
}

/**
 * Node has no Unix datagram sockets, so the messages go through `systemd-notify`: it speaks in its parent's name, waits
 * until systemd has read them, and is started only twice in an agent's life, and once per half of the watchdog's time.
 * The unit needs `NotifyAccess=all`.
 */
export function createNotify(env: NodeJS.ProcessEnv, pid: number): Notify {
	if (!env.NOTIFY_SOCKET) return { ready: () => {}, stopping: async () => {}, end: () => {} };
	const send = async (...args: string[]) => void (await runCommand("systemd-notify", args, TIMEOUT_MS));
	const micros = Number(env.WATCHDOG_USEC);
	const meant = env.WATCHDOG_PID === undefined || Number(env.WATCHDOG_PID) === pid;
	const watched = meant && Number.isFinite(micros) && micros > 0;
	const timer = watched ? setInterval(() => void send("WATCHDOG=1"), Math.max(100, micros / 2000)) : undefined;
	return {
		ready: (status) => void send("--ready", `--status=${status}`),
		stopping: () => send("STOPPING=1"),
		end: () => clearInterval(timer),
	};
}

import { createInit } from "../init/init.ts";
import { type InitSocket, listenInit } from "../init/init-socket.ts";
import { createJournal } from "../init/journal.ts";
import { createPods } from "../kubelet/pods.ts";

/** The running parts of a rehearsed machine besides its agent: init with its socket, kubelet's and containerd's stand-ins, pods. */
export interface MachineProcess {
	readonly socketPath: string;
	/** Adds a line to the machine's journal. */
	log(unit: string, line: string): void;
	/** Ends all units and pods, and closes the socket. */
	stop(): Promise<void>;
}

/** Starts the machine. `onReboot` is called once the answer to a request for a reboot is on its way. Throws when the root is in use. */
export async function startMachine(options: {
	readonly root: string;
	readonly name: string;
	readonly loopback: string;
	readonly bootId: string;
	/** Programs that run in place of containers, by the container's name. */
	readonly programs: ReadonlyMap<string, string>;
	readonly onReboot: () => void;
}): Promise<MachineProcess> {
	const { root, loopback, name: nodeName, programs } = options;
	const journal = createJournal(options.bootId);
	const pods = createPods({ root, loopback, programs, log: (line) => journal.write("kubelet.service", line) });
	const init = createInit({ root, loopback, nodeName, journal, pods });
	const socket: InitSocket = await listenInit(root, async (request) => {
		if (request.op !== "reboot") return init.answer(request);
		setImmediate(options.onReboot);
		return { kind: "done" };
	});
	return {
		socketPath: socket.path,
		log: (unit, line) => journal.write(unit, line),
		async stop() {
			await init.stopAll();
			await socket.close();
		},
	};
}

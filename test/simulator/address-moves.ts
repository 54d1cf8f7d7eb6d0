import { anyMember } from "./etcd-moves.ts";
import type { MoveKind } from "./moves.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** What becomes of the addresses of machines while their boots go on. */
export const ADDRESS_MOVES: Readonly<Record<string, MoveKind>> = {
	"a member of etcd has another address for a while": { weight: 2, about: "addresses", act: readdress },
};

/** As where a DHCP server gives another one: an agent tells it when it says hello. */
function readdress(world: World, luck: Random): void {
	const machine = anyMember(world, luck);
	if (!machine?.boot) return;
	const { box } = machine;
	const before = box.address;
	// Nobody else has one of that network.
	box.address = before.replace(/^10\.\d+\./, `10.${luck.int(2, 9)}.`);
	machine.boot.restartAgent();
	world.schedule.after(luck.int(5_000, 60_000), () => {
		box.address = before;
		machine.boot?.restartAgent();
	});
}

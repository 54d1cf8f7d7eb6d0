import type { AddCommand } from "../session.ts";
import { addApply } from "./apply.ts";
import { addApprove } from "./approve.ts";
import { addAssets } from "./assets.ts";
import { addBoots } from "./boots.ts";
import { addCerts } from "./certs.ts";
import { addCluster } from "./cluster.ts";
import { addCompletion } from "./completion.ts";
import { addCoordinator } from "./coordinator.ts";
import { addEtcd } from "./etcd.ts";
import { addHelp } from "./help.ts";
import { addIgnition } from "./ignition.ts";
import { addImport } from "./import.ts";
import { addKubeconfig } from "./kubeconfig.ts";
import { addLabel } from "./label.ts";
import { addLogs } from "./logs.ts";
import { addMachines } from "./machines.ts";
import { addPing } from "./ping.ts";
import { addPlan } from "./plan.ts";
import { addReboot } from "./reboot.ts";
import { addReject } from "./reject.ts";
import { addRemove } from "./remove.ts";
import { addRender } from "./render.ts";
import { addReset } from "./reset.ts";
import { addRole } from "./role.ts";
import { addShow } from "./show.ts";
import { addStatus } from "./status.ts";
import { addToken } from "./token.ts";
import { addUp } from "./up.ts";
import { addWait } from "./wait.ts";
import { addWatch } from "./watch.ts";
import { addWhy } from "./why.ts";

/** All commands, in the order of the help. */
export const COMMANDS: readonly AddCommand[] = [
	addUp,
	addCoordinator,
	addMachines,
	addShow,
	addWhy,
	addBoots,
	addWatch,
	addStatus,
	addPlan,
	addApply,
	addCluster,
	addApprove,
	addReject,
	addRole,
	addLabel,
	addRemove,
	addPing,
	addLogs,
	addReboot,
	addReset,
	addWait,
	addToken,
	addCerts,
	addEtcd,
	addKubeconfig,
	addAssets,
	addRender,
	addImport,
	addIgnition,
	addCompletion,
	addHelp,
];

export { AGENT_PATHS, agentUnit } from "./agent-unit.ts";
export { alpineOverlay } from "./alpine-overlay.ts";
export { profileScript, refusalScript, stubScript } from "./boot-script.ts";
export { convertButane } from "./butane/convert.ts";
export { cloudMetaData } from "./cloud-init.ts";
export { cloudMachineText } from "./cloud-machine.ts";
export { dnsmasqText } from "./dnsmasq.ts";
export { readBootDocument } from "./document.ts";
export { findingText } from "./finding.ts";
export { composeIgnition } from "./ignition/compose.ts";
export { type MachineBoot, ownIgnitionPart } from "./ignition/own-part.ts";
export { readIgnitionPart } from "./ignition/parts.ts";
export { importMatchbox } from "./import-matchbox.ts";
export { type KnownMachine, type Matched, matchGroup } from "./match.ts";
export { menuScript } from "./menu.ts";
export { metadataText } from "./metadata.ts";
export {
	alpineProfile,
	cloudInitProfile,
	debianLiveProfile,
	fedoraCoreosProfile,
	flatcarProfile,
} from "./profiles.ts";
export { type BootQuery, parseBootQuery } from "./request.ts";
export { tarArchive } from "./tar.ts";
export { Unencodable } from "./unencodable.ts";

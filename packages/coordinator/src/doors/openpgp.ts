/** How the command reads keys and signatures of makers before it has a file fetched; the library is loaded when it is used. */
export {
	isOpenPgp,
	MOST_RING_BYTES,
	OpenPgpError,
	openPgpFault,
	type Ring,
	readRing,
	type Signed,
	signedBy,
} from "../adapters/boot/openpgp-signature.ts";

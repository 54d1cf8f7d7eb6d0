/** The label that tells which rehearsal machine of this run a machine is. It comes with the token. */
export const REHEARSAL_LABEL = "rehearsal";

import { startDesktop } from './desktop/app.ts';

/** The entry of the desktop app: everything that must be said before Electron is ready is said in here, in one go. */
startDesktop();

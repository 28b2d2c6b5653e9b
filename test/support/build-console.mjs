// The console as it is in the sources now, for the tests that open it in a browser.
import { ensureConsoleBuilt } from '../../scripts/prepare.mjs';

ensureConsoleBuilt();

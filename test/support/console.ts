import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { startChromium } from './chromium.js';
import { Road } from './road.js';
import type { TestApp } from './test-app.js';

const ROOT = path.join(__dirname, '../..');
export const CONSOLE_DIR = path.join(ROOT, 'dist/console');

export const buildConsole = (): void => {
  const built = spawnSync(process.execPath, [path.join(ROOT, 'test/support/build-console.mjs')], {
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(`${built.stdout}${built.stderr}`);
};

/** A server with the console, the providers that the sandbox plays, and a browser. */
export class ConsoleRoad {
  private constructor(
    readonly road: Road,
    readonly browser: Browser,
  ) {}

  static async start(): Promise<ConsoleRoad> {
    buildConsole();
    const road = await Road.start({ consoleDir: CONSOLE_DIR });
    try {
      return new ConsoleRoad(road, await startChromium());
    } catch (error) {
      await road.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.road.stop();
  }

  get server(): TestApp {
    return this.road.server;
  }

  /** Signed in by the link that the quickstart prints; `key` for another one than the tenant's. */
  async signedIn(options: BrowserContextOptions & { readonly key?: string } = {}): Promise<Tab> {
    const { key = this.server.tenant.apiKey, ...context } = options;
    const tab = await this.tab(context);
    await tab.page.goto(`${this.server.url}/console#key=${encodeURIComponent(key)}`);
    return tab;
  }

  async tab(options: BrowserContextOptions = {}): Promise<Tab> {
    const context = await this.browser.newContext({
      locale: 'en-US',
      timezoneId: 'UTC',
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    return new Tab(page, this.server.url);
  }
}

/** What a person sees and presses, and what the browser complained about meanwhile. */
export class Tab {
  readonly complaints: string[] = [];

  constructor(
    readonly page: Page,
    private readonly url: string,
  ) {
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      // Answers that are no success are seen by the browser as failures of a resource; the page shows them.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        this.complaints.push(message.text());
    });
  }

  open(path: string): Promise<unknown> {
    return this.page.goto(`${this.url}/console${path}`);
  }

  menu(name: string): Promise<void> {
    return this.page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('link', { name, exact: true })
      .click();
  }

  button(name: string | RegExp): Promise<void> {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' }).click();
  }

  /** The button at the foot of a drawer, where the page behind it has one of the same name. */
  confirm(name: string): Promise<void> {
    return this.page.getByRole('dialog').getByRole('button', { name, exact: true }).click();
  }

  link(name: string | RegExp): Promise<void> {
    return this.page
      .getByRole('main')
      .getByRole('link', { name, exact: typeof name === 'string' })
      .first()
      .click();
  }

  fill(label: string, text: string): Promise<void> {
    return this.field(label).fill(text);
  }

  /** By the whole of its label, which ends in a star where a field is required. */
  field(label: string): Locator {
    return this.page.getByLabel(new RegExp(`^${label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}( \\*)?$`));
  }

  async more(item: string): Promise<void> {
    await this.button('More actions');
    await this.page.getByRole('menuitem', { name: item, exact: true }).click();
  }

  /** Waits until it is on the page. */
  async sees(text: string | RegExp): Promise<void> {
    try {
      await this.page.getByText(text).first().waitFor();
    } catch {
      throw new Error(`${String(text)} is not on the page:\n${await this.page.locator('body').innerText()}`);
    }
  }

  async heading(name: string | RegExp): Promise<void> {
    await this.page.getByRole('heading', { name, level: 1 }).waitFor();
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}

import {
  Activity,
  Banknote,
  Blocks,
  ChartColumn,
  Clock,
  CreditCard,
  FileText,
  House,
  KeyRound,
  ListChecks,
  Package,
  Percent,
  Plug,
  RefreshCw,
  Repeat,
  Ruler,
  ScrollText,
  Ticket,
  Users,
  Wallet,
  Webhook,
  type LucideIcon,
} from 'lucide-react';

export interface NavItem {
  readonly to: string;
  readonly label: string;
  readonly icon: LucideIcon;
}

export interface NavGroup {
  readonly title?: string;
  readonly items: readonly NavItem[];
}

export const NAVIGATION: readonly NavGroup[] = [
  {
    items: [
      { to: '/', label: 'Home', icon: House },
      { to: '/customers', label: 'Customers', icon: Users },
      { to: '/subscriptions', label: 'Subscriptions', icon: Repeat },
      { to: '/invoices', label: 'Invoices', icon: FileText },
      { to: '/payments', label: 'Payments', icon: CreditCard },
    ],
  },
  {
    title: 'Catalogue',
    items: [
      { to: '/plans', label: 'Plans', icon: Package },
      { to: '/features', label: 'Features', icon: Ruler },
      { to: '/coupons', label: 'Coupons', icon: Ticket },
      { to: '/taxes', label: 'Taxes', icon: Percent },
      { to: '/addons', label: 'Addons', icon: Blocks },
    ],
  },
  {
    title: 'Metering',
    items: [
      { to: '/usage', label: 'Usage', icon: ChartColumn },
      { to: '/wallets', label: 'Wallets', icon: Wallet },
    ],
  },
  {
    title: 'Integrations',
    items: [
      { to: '/connections', label: 'Connections', icon: Plug },
      { to: '/sync', label: 'Sync', icon: RefreshCw },
      { to: '/webhooks-in', label: 'Webhooks in', icon: Activity },
    ],
  },
  {
    title: 'Developers',
    items: [
      { to: '/api-keys', label: 'API keys', icon: KeyRound },
      { to: '/webhooks-out', label: 'Webhooks out', icon: Webhook },
      { to: '/jobs', label: 'Jobs', icon: ListChecks },
      { to: '/audit-trail', label: 'Audit trail', icon: ScrollText },
      { to: '/test-clock', label: 'Test clock', icon: Clock },
    ],
  },
];

export const FOUND_ICONS = { customer: Users, invoice: Banknote } as const;

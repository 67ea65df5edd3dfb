"""Plans, subscriptions and entitlements: a door beside web and api. Its first room is `tenants.models.Entitlement`, which the gate reads."""
